/* pair_main.c: emitted by multikernel 0.1.0 from ../../source/pair.mk.json.
 * What is changed here is lost when it is emitted anew. */
