/* A stranger's program: uses the installed headers and library, nothing of
 * this repository. Exits 0 when both are of the same, expected version. */
#include <stdio.h>
#include <string.h>

#include <multikernel/multikernel.h>

int main(int argc, char **argv)
{
    printf("multikernel %s\n", mk_version());
    return argc == 2 && strcmp(mk_version(), argv[1]) == 0 ? 0 : 1;
}
