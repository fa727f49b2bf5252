# blend_mk.make: emitted by multikernel 0.1.0 from ../../source/blend.mk.json.
# What is changed here is lost when it is emitted anew.
#
# The static library blend_mk.a, by itself or for a Makefile:
#
#   make -f FOLDER/blend_mk.make blend_mk_DIR=build
#
#   include FOLDER/blend_mk.make
#   program: main.o $(blend_mk_LIBRARY)
#           $(CC) -o $@ $^ $(blend_mk_LIBS)

blend_mk_FILE := $(lastword $(MAKEFILE_LIST))
blend_mk_FROM := $(patsubst %/,%,$(dir $(blend_mk_FILE)))
blend_mk_GOAL := $(.DEFAULT_GOAL)
blend_mk_DIR ?= $(blend_mk_FROM)
blend_mk_LIBRARY := $(blend_mk_DIR)/blend_mk.a
blend_mk_OBJECTS := $(blend_mk_DIR)/blend_mk.o \
    $(blend_mk_DIR)/blend_mk_kernels_1.o \
    $(blend_mk_DIR)/blend_mk_kernels_2.o
blend_mk_LIBS ?= -lm

$(blend_mk_LIBRARY): $(blend_mk_OBJECTS)
	@mkdir -p $(@D)
	rm -f $@
	$(AR) rcs $@ $(blend_mk_OBJECTS)

$(blend_mk_DIR)/blend_mk.o: $(blend_mk_FROM)/blend_mk.c $(blend_mk_FILE)
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(blend_mk_DIR)/blend_mk_kernels_1.o: $(blend_mk_FROM)/blend_mk_kernels_1.c $(blend_mk_FILE)
	@mkdir -p $(@D)
	$(CC) -O2 -fPIC -fvisibility=hidden -w \
	    -MMD -MP -c -o $@ $<

$(blend_mk_DIR)/blend_mk_kernels_2.o: $(blend_mk_FROM)/blend_mk_kernels_2.c $(blend_mk_FILE)
	@mkdir -p $(@D)
	$(CC) -O3 -mavx2 -fPIC -fvisibility=hidden -w \
	    -MMD -MP -c -o $@ $<

-include $(blend_mk_OBJECTS:.o=.d)

ifneq ($(firstword $(MAKEFILE_LIST)),$(blend_mk_FILE))
.DEFAULT_GOAL := $(blend_mk_GOAL)
endif
