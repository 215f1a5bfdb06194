# Torc: everything starts here. `make help` lists the targets.
#
# One binary per program, objects under build/<type>/, generated sources under build/<type>/gen/.
# BUILD=release (default) | debug | asan | ubsan

BUILD ?= release
CC ?= gcc
ifeq ($(origin CC),default)
CC = gcc
endif
OUT := build/$(BUILD)
GEN := $(OUT)/gen

CSTD := -std=gnu17
WARN := -Wall -Wextra -Werror -Wshadow=local -Wstrict-prototypes -Wmissing-prototypes -Wno-unused-parameter
INCLUDE := -I. -I$(GEN)
COMMON_CFLAGS := $(CSTD) $(WARN) $(INCLUDE) -D_GNU_SOURCE -g -fno-omit-frame-pointer -MMD -MP
ARCH_CFLAGS := $(if $(filter x86_64,$(shell uname -m)),-msse4.2)

CFLAGS_release := -O3 -flto=auto -fno-plt
LDFLAGS_release := -O3 -flto=auto -rdynamic
CFLAGS_debug := -O1 -DTORC_DEBUG
LDFLAGS_debug := -rdynamic
CFLAGS_asan := -O1 -DTORC_DEBUG -DTORC_SANITIZED -fsanitize=address,undefined -fno-sanitize-recover=undefined
LDFLAGS_asan := -fsanitize=address,undefined -rdynamic
CFLAGS_ubsan := -O1 -DTORC_DEBUG -DTORC_SANITIZED -fsanitize=undefined -fno-sanitize-recover=undefined
LDFLAGS_ubsan := -fsanitize=undefined -rdynamic

CFLAGS_ALL := $(COMMON_CFLAGS) $(ARCH_CFLAGS) $(CFLAGS_$(BUILD)) $(CFLAGS)
LDFLAGS_ALL := $(LDFLAGS_$(BUILD)) $(LDFLAGS)
JEMALLOC := $(if $(filter asan ubsan,$(BUILD)),,-l:libjemalloc.a)
LIBS := -l:liburing.a -l:libxxhash.a $(JEMALLOC) -lm -lpthread -ldl
