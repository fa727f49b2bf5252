# pair.make: emitted by multikernel 0.1.0 from ../../source/pair.mk.json.
# What is changed here is lost when it is emitted anew.
#
# The static library pair.a, by itself or for a Makefile:
#
#   make -f FOLDER/pair.make pair_DIR=build
#
#   include FOLDER/pair.make
#   program: main.o $(pair_LIBRARY)
#           $(CC) -o $@ $^ $(pair_LIBS)

pair_FILE := $(lastword $(MAKEFILE_LIST))
pair_FROM := $(patsubst %/,%,$(dir $(pair_FILE)))
pair_GOAL := $(.DEFAULT_GOAL)
pair_DIR ?= $(pair_FROM)
pair_LIBRARY := $(pair_DIR)/pair.a
pair_OBJECTS := $(pair_DIR)/pair.o \
    $(pair_DIR)/pair_kernels_1.o \
    $(pair_DIR)/pair_kernels_2.o \
    $(pair_DIR)/pair_kernels_3.o \
    $(pair_DIR)/pair_kernels_4.o \
    $(pair_DIR)/pair_kernels_5.o
pair_CPPFLAGS ?= $(shell pkg-config --cflags multikernel)
pair_LIBS ?= $(shell pkg-config --libs multikernel) -lm

$(pair_LIBRARY): $(pair_OBJECTS)
	@mkdir -p $(@D)
	rm -f $@
	$(AR) rcs $@ $(pair_OBJECTS)

$(pair_DIR)/pair.o: $(pair_FROM)/pair.c $(pair_FILE)
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(pair_CPPFLAGS) $(CFLAGS) \
	    -MMD -MP -c -o $@ $<

$(pair_DIR)/pair_kernels_1.o: $(pair_FROM)/pair_kernels_1.c $(pair_FILE)
	@mkdir -p $(@D)
	$(CC) -O2 -fPIC -fvisibility=hidden -w \
	    -MMD -MP -c -o $@ $<

$(pair_DIR)/pair_kernels_2.o: $(pair_FROM)/pair_kernels_2.c $(pair_FILE)
	@mkdir -p $(@D)
	$(CC) -O3 -mavx2 -fPIC -fvisibility=hidden -w \
	    -MMD -MP -c -o $@ $<

$(pair_DIR)/pair_kernels_3.o: $(pair_FROM)/pair_kernels_3.c $(pair_FILE)
	@mkdir -p $(@D)
	$(CC) -O2 -fPIC -fvisibility=hidden -w \
	    -MMD -MP -c -o $@ $<

$(pair_DIR)/pair_kernels_4.o: $(pair_FROM)/pair_kernels_4.c $(pair_FILE)
	@mkdir -p $(@D)
	$(CC) -O2 -fPIC -fvisibility=hidden -w \
	    -MMD -MP -c -o $@ $<

$(pair_DIR)/pair_kernels_5.o: $(pair_FROM)/pair_kernels_5.c $(pair_FILE)
	@mkdir -p $(@D)
	$(CC) -O2 -fPIC -fvisibility=hidden -w \
	    -MMD -MP -c -o $@ $<

-include $(pair_OBJECTS:.o=.d)

ifneq ($(firstword $(MAKEFILE_LIST)),$(pair_FILE))
.DEFAULT_GOAL := $(pair_GOAL)
endif
