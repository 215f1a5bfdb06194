/* The folder of the append-only file: what makes its files and names durable, in the right order. Blocking:
 * for boot and for helper threads. Every error is a negative errno. */
#ifndef TORC_PERSIST_AOF_FILES_H
#define TORC_PERSIST_AOF_FILES_H

#include "common/base/slice.h"
#include "common/io/io_file.h"
#include "server/persist/aof_manifest.h"

struct aof_place {
    struct io *io;  /* borrowed */
    char *root;     /* `dir` */
    char *folder;   /* `dir`/`appenddirname` */
    char *prefix;   /* `appendfilename` */
    char *manifest; /* name of the manifest, within the folder */
};

void aof_place_init(struct aof_place *p, struct io *io, const char *root, const char *folder,
                    const char *prefix);
void aof_place_deinit(struct aof_place *p);
/* folder/name; the caller's. */
char *aof_path(const char *folder, const char *name);

/* Makes the folder, if it is not there. */
int aof_folder_make(const struct aof_place *p);
/* A descriptor of a new and empty file with this content, synced; its name is durable once the folder is. A
 * file of that name, which nobody can refer to, is emptied. */
int aof_file_create(const struct aof_place *p, const char *name, struct slice content);
int aof_file_open(const struct aof_place *p, const char *name, int64_t *size);
/* The manifest takes the place of the old one, and all names of the folder are durable. */
int aof_manifest_store(const struct aof_place *p, const struct aof_manifest *m);
/* Reads the file; -ENOENT: there is none. */
int aof_read_whole(const struct aof_place *p, const char *name, struct buf *out);
/* Removes the files of history; a name that is gone already is fine. */
void aof_history_delete(const struct aof_place *p, const struct aof_manifest *m);
/* Copies [from, size) of a file to another one beside it, synced, and cuts it off. */
int aof_set_aside(const struct aof_place *p, const char *name, const char *aside, int64_t from, int64_t size);

#endif
