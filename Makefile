# Torc: everything starts here. `make help` lists the targets.
#
# Sources are found, not listed: every .c below common/ and server/ goes into one library each, programs are linked from
# these. Objects are kept by build type under build/<type>/, generated sources under build/<type>/gen/.
# BUILD=release (default) | debug | asan | ubsan | cov | fuzz

BUILD ?= release
BUILDS := release debug asan ubsan cov fuzz
ifeq ($(filter $(BUILD),$(BUILDS)),)
$(error BUILD=$(BUILD): it is one of $(BUILDS))
endif
ifeq ($(origin CC),default)
CC := $(if $(filter fuzz,$(BUILD)),clang,gcc)
endif
PYTHON ?= python3
PREFIX ?= /usr/local
PORT ?= 6379
OUT := build/$(BUILD)
GEN := $(OUT)/gen

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SECONDARY:

# --- flags ---------------------------------------------------------------------------------------------------------

CSTD := -std=gnu17
WARN := -Wall -Wextra -Werror -Wshadow=local -Wstrict-prototypes -Wmissing-prototypes -Wno-unused-parameter
ifneq ($(findstring clang,$(CC)),)
WARN := $(filter-out -Wshadow=local,$(WARN)) -Wshadow
endif
INCLUDE := -I. -I$(GEN)
COMMON_CFLAGS := $(CSTD) $(WARN) $(INCLUDE) -D_GNU_SOURCE= -g -fno-omit-frame-pointer -MMD -MP
ARCH_CFLAGS := $(if $(filter x86_64,$(shell uname -m)),-msse4.2)

CFLAGS_release := -O3 -flto=auto -fno-plt
LDFLAGS_release := -O3 -flto=auto -rdynamic
CFLAGS_debug := -O1 -DTORC_DEBUG
LDFLAGS_debug := -rdynamic
# AddressSanitizer brings its own malloc: TORC_SANITIZED keeps jemalloc out.
CFLAGS_asan := -O1 -DTORC_DEBUG -DTORC_SANITIZED -fsanitize=address,undefined -fno-sanitize-recover=undefined
LDFLAGS_asan := -fsanitize=address,undefined -rdynamic
CFLAGS_ubsan := -O1 -DTORC_DEBUG -fsanitize=undefined -fno-sanitize-recover=undefined
LDFLAGS_ubsan := -fsanitize=undefined -rdynamic
CFLAGS_cov := -O0 -DTORC_DEBUG --coverage -fprofile-update=atomic
LDFLAGS_cov := --coverage -rdynamic
CFLAGS_fuzz := -O1 -DTORC_DEBUG -DTORC_SANITIZED -fsanitize=fuzzer-no-link,address,undefined \
	-fno-sanitize-recover=undefined
LDFLAGS_fuzz := -fsanitize=address,undefined -rdynamic

CFLAGS_ALL := $(COMMON_CFLAGS) $(ARCH_CFLAGS) $(CFLAGS_$(BUILD)) $(CFLAGS)
LDFLAGS_ALL := $(LDFLAGS_$(BUILD)) $(LDFLAGS)
AR_LTO := $(if $(filter release,$(BUILD)),gcc-ar,ar)
JEMALLOC := $(if $(filter asan fuzz,$(BUILD)),,-l:libjemalloc.a)
LIBS := -Wl,--as-needed -l:liburing.a -l:libxxhash.a -llzf $(JEMALLOC) -lm -lpthread -ldl

# --- what there is -------------------------------------------------------------------------------------------------

find = $(if $(wildcard $(1)),$(shell find $(1) -name '$(2)' -type f | LC_ALL=C sort))

COMMON_SRC := $(call find,common,*.c)
SERVER_SRC := $(filter-out server/main.c,$(call find,server,*.c))
PROXY_SRC := $(filter-out proxy/main.c,$(call find,proxy,*.c))
SENTINEL_SRC := $(filter-out sentinel/main.c,$(call find,sentinel,*.c))

# The command table and what else is generated from the one declaration of all commands.
SPEC := $(wildcard common/commands/gen.py)
SPEC_DEPS := $(if $(SPEC),$(shell find common/commands -name '*.py' -o -name '*.cmd') common/commands/command.h)
GENERATED := $(if $(SPEC),$(addprefix $(GEN)/commands/,command_ids.h command_table.c command_handlers.inc))
GENERATED_OBJ := $(patsubst $(GEN)/%.c,$(OUT)/obj/gen/%.o,$(filter %.c,$(GENERATED)))

obj = $(patsubst %.c,$(OUT)/obj/%.o,$(1))
COMMON_LIB := $(OUT)/libtorc-common.a
SERVER_LIB := $(if $(SERVER_SRC),$(OUT)/libtorc-server.a)
PROXY_LIB := $(if $(PROXY_SRC),$(OUT)/libtorc-proxy.a)
SENTINEL_LIB := $(if $(SENTINEL_SRC),$(OUT)/libtorc-sentinel.a)

PROGRAMS := $(if $(wildcard server/main.c),torc-server) $(if $(wildcard proxy/main.c),torc-proxy) \
	$(if $(wildcard sentinel/main.c),torc-sentinel) $(if $(wildcard utils/torc-check.c),torc-check)
BENCH_PROGRAMS := $(patsubst tests/bench/%.c,$(OUT)/%,$(wildcard tests/bench/*.c))
UNIT_TESTS := $(patsubst %.c,$(OUT)/%,$(call find,tests/unit,*_test.c))
SIM_TESTS := $(patsubst %.c,$(OUT)/%,$(call find,tests/sim,*_test.c))
DIFFERENTIAL_SRC := $(wildcard tests/differential/*.c)
FUZZERS := $(patsubst tests/fuzz/%.c,$(OUT)/%,$(wildcard tests/fuzz/*_fuzz.c))
# Helpers that tests share: every other .c beside them.
UNIT_HELPERS := $(filter-out %_test.c,$(call find,tests/unit,*.c))
SIM_HELPERS := $(filter-out %_test.c,$(call find,tests/sim,*.c))
FUZZ_HELPERS := $(filter-out %_fuzz.c,$(wildcard tests/fuzz/*.c)) \
	$(wildcard $(addprefix tests/differential/,generate.c payload.c rules.c step.c tame.c values.c))

# --- building ------------------------------------------------------------------------------------------------------

.PHONY: all programs
all: programs $(COMMON_LIB) $(SERVER_LIB) ## build the programs: build/torc-server, or build/<type>/torc-server (BUILD=debug|asan|ubsan)
programs: $(addprefix $(OUT)/,$(PROGRAMS)) $(if $(filter release,$(BUILD)),$(addprefix build/,$(PROGRAMS)))

# Objects depend on the flags, so that a change of CFLAGS on the command line rebuilds.
FLAGS_FILE := $(OUT)/flags
$(shell mkdir -p $(OUT); echo '$(CC) $(CFLAGS_ALL)' | cmp -s - $(FLAGS_FILE) || echo '$(CC) $(CFLAGS_ALL)' > $(FLAGS_FILE))

$(OUT)/obj/%.o: %.c $(FLAGS_FILE) | $(GENERATED)
	@mkdir -p $(@D)
	@echo "  CC    $<"
	@$(CC) $(CFLAGS_ALL) -c $< -o $@

$(OUT)/obj/gen/%.o: $(GEN)/%.c $(FLAGS_FILE)
	@mkdir -p $(@D)
	@echo "  CC    $<"
	@$(CC) $(CFLAGS_ALL) -c $< -o $@

ifneq ($(SPEC),)
$(GENERATED) &: $(SPEC_DEPS)
	@echo "  GEN   $(GEN)/commands"
	@$(PYTHON) $(SPEC) $(GEN)/commands
	@touch $(GENERATED)
endif

define archive
	@mkdir -p $(@D)
	@rm -f $@
	@echo "  AR    $@"
	@$(AR_LTO) crs $@ $^
endef
define link
	@mkdir -p $(@D)
	@echo "  LINK  $@"
	@$(CC) $(LDFLAGS_ALL) -o $@ $(filter %.o,$^) $(filter %.a,$^) $(1) $(LIBS)
endef

$(COMMON_LIB): $(call obj,$(COMMON_SRC)) $(GENERATED_OBJ)
	$(archive)
$(OUT)/libtorc-server.a: $(call obj,$(SERVER_SRC))
	$(archive)
$(OUT)/libtorc-proxy.a: $(call obj,$(PROXY_SRC))
	$(archive)
$(OUT)/libtorc-sentinel.a: $(call obj,$(SENTINEL_SRC))
	$(archive)

$(OUT)/torc-server: $(call obj,server/main.c) $(SERVER_LIB) $(COMMON_LIB)
	$(call link)
$(OUT)/torc-proxy: $(call obj,proxy/main.c) $(PROXY_LIB) $(COMMON_LIB)
	$(call link,-l:libhttp_parser.a)
$(OUT)/torc-sentinel: $(call obj,sentinel/main.c) $(SENTINEL_LIB) $(COMMON_LIB)
	$(call link)
$(OUT)/torc-check: $(call obj,utils/torc-check.c utils/check_rdb.c) $(SERVER_LIB) $(COMMON_LIB)
	$(call link)

# build/torc-server is the release build, whatever else was built.
$(addprefix build/,$(PROGRAMS)): build/%: build/release/%
	@ln -sfn release/$* $@ && touch -h $@

# A program of tests/bench is one .c and, where it has them, the files of the folder of its name.
.SECONDEXPANSION:
$(BENCH_PROGRAMS): $(OUT)/%: $(OUT)/obj/tests/bench/%.o $$(call obj,$$(wildcard tests/bench/%/*.c)) $(SERVER_LIB) $(COMMON_LIB)
	$(call link)
$(UNIT_TESTS): $(OUT)/%: $(OUT)/obj/%.o $(call obj,$(UNIT_HELPERS)) $(SERVER_LIB) $(COMMON_LIB)
	$(call link,-lcmocka)
$(SIM_TESTS): $(OUT)/%: $(OUT)/obj/%.o $(call obj,$(SIM_HELPERS)) $(SERVER_LIB) $(COMMON_LIB)
	$(call link,-lcmocka)
$(OUT)/differential: $(call obj,$(DIFFERENTIAL_SRC)) $(COMMON_LIB)
	$(call link)
$(FUZZERS): $(OUT)/%: $(OUT)/obj/tests/fuzz/%.o $(call obj,$(FUZZ_HELPERS)) $(SERVER_LIB) $(COMMON_LIB)
	$(call link,-fsanitize=fuzzer)

# --- running -------------------------------------------------------------------------------------------------------

.PHONY: run
run: ## install what is missing, build, and serve on port 6379 in the foreground (ARGS="redis.conf --port 7000")
	@deps/install build
	@$(MAKE) --no-print-directory -s -j$(shell nproc) BUILD=$(BUILD) programs
	@exec $(OUT)/torc-server $(ARGS)

.PHONY: cluster
cluster: ## three servers and a proxy before them, on loopback (PORT=6379)
	@deps/install build test
	@$(MAKE) --no-print-directory -s -j$(shell nproc) BUILD=release programs
	@utils/cluster up

.PHONY: cluster-down
cluster-down: ## end what make cluster started
	@utils/cluster down

# --- tests ---------------------------------------------------------------------------------------------------------

# Tests look for mistakes, so they take the debug build unless BUILD was given.
TEST_BUILD := $(if $(filter command line environment,$(origin BUILD)),$(BUILD),debug)
SUBMAKE := $(MAKE) --no-print-directory

.PHONY: test
test: ## everything, after installing what tests need; ends in "N passed, N failed" (STEPS="unit tcl" for a part)
	@deps/install build test
	@utils/test-all $(STEPS)

.PHONY: unit
unit: ## unit tests (ONLY=word for those whose name contains it)
	@$(SUBMAKE) -s -j2 BUILD=$(TEST_BUILD) unit-programs
	@utils/run-cmocka --only "$(ONLY)" build/$(TEST_BUILD)/tests/unit

.PHONY: sim
sim: ## whole servers and clients in a simulated world (ONLY=word)
	@$(SUBMAKE) -s -j2 BUILD=$(TEST_BUILD) sim-programs
	@if [ -x tests/sim/run ]; then tests/sim/run --build $(TEST_BUILD) $(ARGS); \
	else utils/run-cmocka --only "$(ONLY)" build/$(TEST_BUILD)/tests/sim; fi

.PHONY: tcl
tcl: ## behaviour tests against build/<type>/torc-server (ARGS="--single unit/type/string")
	@$(SUBMAKE) -s -j2 BUILD=$(BUILD) programs
	@tests/tcl/run --server $(OUT)/torc-server $(ARGS)

.PHONY: asan ubsan
asan: ## unit and Tcl tests in a build with AddressSanitizer and UBSan
ubsan: ## unit and Tcl tests in a build with UBSan alone, which keeps jemalloc
asan ubsan:
	@$(SUBMAKE) unit BUILD=$@
	@$(SUBMAKE) tcl BUILD=$@

.PHONY: fuzz
fuzz: ## every fuzzer for FUZZ_SECONDS (default 60) each, with clang's libFuzzer; corpora stay in build/fuzz/corpus
	@$(SUBMAKE) -s -j2 BUILD=fuzz fuzz-programs
	@utils/run-fuzz --seconds "$(or $(FUZZ_SECONDS),60)" --only "$(ONLY)" build/fuzz

.PHONY: soak
soak: ## the long runs: many seeds, long fuzzing, repeated Tcl tests (about two hours)
	@deps/install build test
	@utils/test-all --soak $(STEPS)

.PHONY: cov
cov: ## unit and Tcl tests with coverage: lines reached, by folder and file
	@$(SUBMAKE) -s -j2 BUILD=cov unit-programs programs
	@find build/cov -name '*.gcda' -delete
	@utils/run-cmocka build/cov/tests/unit
	@if [ -x build/cov/torc-server ]; then tests/tcl/run --server build/cov/torc-server; fi
	@utils/coverage build/cov

.PHONY: unit-programs sim-programs fuzz-programs bench-programs
unit-programs: $(UNIT_TESTS)
sim-programs: $(SIM_TESTS)
fuzz-programs: $(FUZZERS)
bench-programs: $(BENCH_PROGRAMS)

# --- measuring -----------------------------------------------------------------------------------------------------

.PHONY: bench
bench: ## Torc, ok_server and Redis interleaved; results go to tests/bench/results (ARGS for tests/bench/run)
	@deps/install build test
	@$(SUBMAKE) -s -j2 BUILD=release programs bench-programs
	@tests/bench/run $(ARGS)

.PHONY: bench-persistence
bench-persistence: ## what durability costs, beside Redis and the disk's own rate (ARGS for tests/bench/persistence)
	@deps/install build test
	@$(SUBMAKE) -s -j2 BUILD=release programs
	@tests/bench/persistence $(ARGS)

.PHONY: bench-proxy
bench-proxy: ## what the proxy costs, beside nutcracker over the same servers (ARGS for tests/bench/proxy)
	@deps/install build test
	@$(SUBMAKE) -s -j2 BUILD=release programs
	@tests/bench/proxy $(ARGS)

# --- care ----------------------------------------------------------------------------------------------------------

.PHONY: check
check: ## format, floors, generated files, docs, file sizes; under 40 s
	@utils/check

.PHONY: format
format: ## lay out all C files by .clang-format
	@utils/c-files | xargs -P2 -n8 clang-format -i

.PHONY: lint
lint: $(GENERATED) ## clang-tidy over all C files
	@utils/c-files '*.c' | xargs -P2 -n1 -I{} clang-tidy --quiet {} -- $(CSTD) $(INCLUDE) -D_GNU_SOURCE -DTORC_DEBUG

.PHONY: clean
clean: ## throw build/ away
	@rm -rf build

.PHONY: install
install: ## copy the programs to PREFIX (/usr/local), below DESTDIR; torc-check also by the names that Redis's tools have
	@$(SUBMAKE) -s -j2 BUILD=release programs
	@install -d $(DESTDIR)$(PREFIX)/bin
	@install $(addprefix build/release/,$(PROGRAMS)) $(DESTDIR)$(PREFIX)/bin
	@for name in redis-check-rdb redis-check-aof; do ln -sfn torc-check $(DESTDIR)$(PREFIX)/bin/$$name; done

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z -]+:.*## / { n = split($$1, names, " "); \
		for (i = 1; i <= n; i++) printf "  make %-18s %s\n", names[i], $$2 }' Makefile

-include $(shell test -d $(OUT)/obj && find $(OUT)/obj -name '*.d')
