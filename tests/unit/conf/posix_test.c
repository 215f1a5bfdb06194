/* The files of a configuration on a real disk. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "common/base/mem.h"
#include "common/conf/conf_posix.h"
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64];

static int setup(void **state) {
    strcpy(folder, "/tmp/torc-conf-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static const char *path_of(const char *name) {
    static char path[512];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    return path;
}

static int teardown(void **state) {
    static const char *const names[] = {"a.conf", "b.conf", "c.txt", "link"};
    for (size_t i = 0; i < CONF_COUNT(names); i++)
        unlink(path_of(names[i]));
    return rmdir(folder); /* fails if anything else was left there */
}

static void replaced_files_read_back_and_keep_their_mode(void **state) {
    const struct conf_files *files = &conf_posix_files;
    struct conf_error err;
    struct buf text = {0};
    bool absent = false;
    assert_false(files->read(files->owner, path_of("a.conf"), &text, &absent, &err));
    assert_true(absent);
    assert_string_equal(err.text, "No such file or directory");

    assert_true(files->replace(files->owner, path_of("a.conf"), SLICE("port 1\n"), &err));
    assert_int_equal(chmod(path_of("a.conf"), 0600), 0);
    assert_true(files->replace(files->owner, path_of("a.conf"), SLICE("port 22\n"), &err));
    struct stat found;
    assert_int_equal(stat(path_of("a.conf"), &found), 0);
    assert_int_equal(found.st_mode & 0777, 0600);
    assert_true(files->read(files->owner, path_of("a.conf"), &text, &absent, &err));
    assert_string_equal(buf_cstr(&text), "port 22\n");
    buf_deinit(&text);

    assert_false(files->replace(files->owner, path_of("no/a.conf"), SLICE("x"), &err));
    assert_string_equal(err.text, "No such file or directory");
}

static void an_endless_file_is_refused(void **state) {
    struct conf_error err;
    struct buf text = {0};
    bool absent = false;
    assert_false(conf_posix_files.read(NULL, "/dev/zero", &text, &absent, &err));
    assert_false(absent);
    assert_string_equal(err.text, "the file is too large for a configuration");
    buf_deinit(&text);
    assert_false(conf_posix_files.read(NULL, folder, &text, &absent, &err));
    assert_string_equal(err.text, "Is a directory");
    buf_deinit(&text);
}

static void gather(void *arg, const char *path) {
    buf_printf(arg, "%s ", strrchr(path, '/') + 1);
}

static void patterns_find_files_in_order(void **state) {
    struct conf_error err;
    struct buf found = {0};
    assert_true(conf_posix_files.replace(NULL, path_of("b.conf"), SLICE(""), &err));
    assert_true(conf_posix_files.replace(NULL, path_of("a.conf"), SLICE(""), &err));
    assert_true(conf_posix_files.replace(NULL, path_of("c.txt"), SLICE(""), &err));
    assert_true(conf_posix_files.glob(NULL, path_of("*.conf"), gather, &found, &err));
    assert_string_equal(buf_cstr(&found), "a.conf b.conf ");
    assert_true(conf_posix_files.glob(NULL, path_of("*.none"), gather, &found, &err));
    assert_string_equal(buf_cstr(&found), "a.conf b.conf ");
    buf_deinit(&found);
}

static void folders_are_made_absolute(void **state) {
    struct conf_error err;
    struct buf path = {0};
    assert_int_equal(symlink(folder, path_of("link")), 0);
    assert_true(conf_posix_files.folder(NULL, path_of("link/../."), &path, &err));
    buf_clear(&path);
    assert_true(conf_posix_files.folder(NULL, path_of("link"), &path, &err));
    assert_string_equal(buf_cstr(&path), folder);
    buf_clear(&path);
    assert_false(conf_posix_files.folder(NULL, path_of("none"), &path, &err));
    assert_string_equal(err.text, "No such file or directory");
    assert_true(conf_posix_files.replace(NULL, path_of("a.conf"), SLICE(""), &err));
    assert_false(conf_posix_files.folder(NULL, path_of("a.conf"), &path, &err));
    assert_string_equal(err.text, "Not a directory");
    assert_true(conf_posix_files.absolute(NULL, "/x/y", &path, &err));
    assert_string_equal(buf_cstr(&path), "/x/y");
    buf_clear(&path);
    assert_true(conf_posix_files.absolute(NULL, "y", &path, &err));
    assert_int_equal(path.ptr[0], '/');
    assert_string_equal(strrchr(buf_cstr(&path), '/'), "/y");
    buf_deinit(&path);
}

int main(void) {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(replaced_files_read_back_and_keep_their_mode),
        T(an_endless_file_is_refused),
        T(patterns_find_files_in_order),
        T(folders_are_made_absolute),
    };
    return cmocka_run_group_tests_name("conf files", tests, NULL, NULL);
}
