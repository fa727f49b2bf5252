# outer_mk.make: emitted by multikernel 0.1.0 from ../../source/outer.mk.json.
# What is changed here is lost when it is emitted anew.
#
# The static library outer_mk.a, by itself or for a Makefile:
#
#   make -f FOLDER/outer_mk.make outer_mk_DIR=build
#
#   include FOLDER/outer_mk.make
#   program: main.o $(outer_mk_LIBRARY)
#           $(CC) -o $@ $^ $(outer_mk_LIBS)

outer_mk_FILE := $(lastword $(MAKEFILE_LIST))
outer_mk_FROM := $(patsubst %/,%,$(dir $(outer_mk_FILE)))
outer_mk_GOAL := $(.DEFAULT_GOAL)
outer_mk_DIR ?= $(outer_mk_FROM)
outer_mk_LIBRARY := $(outer_mk_DIR)/outer_mk.a
outer_mk_OBJECTS := $(outer_mk_DIR)/outer_mk.o \
    $(outer_mk_DIR)/outer_mk_kernels_1.o
outer_mk_LIBS ?= -lm

$(outer_mk_LIBRARY): $(outer_mk_OBJECTS)
	@mkdir -p $(@D)
	rm -f $@
	$(AR) rcs $@ $(outer_mk_OBJECTS)

$(outer_mk_DIR)/outer_mk.o: $(outer_mk_FROM)/outer_mk.c $(outer_mk_FILE)
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(outer_mk_DIR)/outer_mk_kernels_1.o: $(outer_mk_FROM)/outer_mk_kernels_1.c $(outer_mk_FILE)
	@mkdir -p $(@D)
	$(CC) -O2 -fPIC -fvisibility=hidden -w \
	    -MMD -MP -c -o $@ $<

-include $(outer_mk_OBJECTS:.o=.d)

ifneq ($(firstword $(MAKEFILE_LIST)),$(outer_mk_FILE))
.DEFAULT_GOAL := $(outer_mk_GOAL)
endif
