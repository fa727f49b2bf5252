/* open_main.c: emitted by multikernel 0.1.0 from ../../source/open.mk.json.
 * What is changed here is lost when it is emitted anew. */
