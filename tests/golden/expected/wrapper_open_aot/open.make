# open.make: emitted by multikernel 0.1.0 from ../../source/open.mk.json.
# What is changed here is lost when it is emitted anew.
#
# The static library open.a, by itself or for a Makefile:
#
#   make -f FOLDER/open.make open_DIR=build
#
#   include FOLDER/open.make
#   program: main.o $(open_LIBRARY)
#           $(CC) -o $@ $^ $(open_LIBS)

open_FILE := $(lastword $(MAKEFILE_LIST))
open_FROM := $(patsubst %/,%,$(dir $(open_FILE)))
open_GOAL := $(.DEFAULT_GOAL)
open_DIR ?= $(open_FROM)
open_LIBRARY := $(open_DIR)/open.a
open_OBJECTS := $(open_DIR)/open.o \
    $(open_DIR)/open_kernels_1.o \
    $(open_DIR)/open_kernels_2.o
open_LIBS ?= -lm

$(open_LIBRARY): $(open_OBJECTS)
	@mkdir -p $(@D)
	rm -f $@
	$(AR) rcs $@ $(open_OBJECTS)

$(open_DIR)/open.o: $(open_FROM)/open.c $(open_FILE)
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(open_DIR)/open_kernels_1.o: $(open_FROM)/open_kernels_1.c $(open_FILE)
	@mkdir -p $(@D)
	$(CC) -O2 -fPIC -fvisibility=hidden -w \
	    -MMD -MP -c -o $@ $<

$(open_DIR)/open_kernels_2.o: $(open_FROM)/open_kernels_2.c $(open_FILE)
	@mkdir -p $(@D)
	$(CC) -O2 -fPIC -fvisibility=hidden -w \
	    -MMD -MP -c -o $@ $<

-include $(open_OBJECTS:.o=.d)

ifneq ($(firstword $(MAKEFILE_LIST)),$(open_FILE))
.DEFAULT_GOAL := $(open_GOAL)
endif
