#include "base/lib.h"

#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

int mk__lib_open(void **lib, const char *path)
{
    *lib = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (*lib == NULL)
        return mk__error(MK_ERROR_LOAD, "can't load %s: %s", path, dlerror());
    return MK_OK;
}

void mk__lib_close(void *lib)
{
    if (lib != NULL)
        (void)dlclose(lib);
}

int mk__lib_symbol(void **address, void *lib, const char *path,
                   const char *symbol)
{
    *address = dlsym(lib, symbol);
    if (*address == NULL)
        return mk__error(MK_ERROR_LOAD,
                         "%s has no symbol '%s'; list its symbols with "
                         "nm -D --defined-only",
                         path, symbol);
    return MK_OK;
}

struct search {
    ElfW(Addr) address;
    struct mk__hash hash;
    bool found;
};

static bool holds(const struct dl_phdr_info *info, ElfW(Addr) address)
{
    for (ElfW(Half) i = 0; i < info->dlpi_phnum; ++i) {
        const ElfW(Phdr) *header = &info->dlpi_phdr[i];
        ElfW(Addr) start = info->dlpi_addr + header->p_vaddr;

        if (header->p_type == PT_LOAD && address >= start &&
            address - start < header->p_memsz)
            return true;
    }
    return false;
}

static size_t padded(size_t length)
{
    return (length + 3) & ~(size_t)3;
}

char *mk__lib_here(void)
{
    char *(*function)(void) = mk__lib_here;
    const void *here;
    Dl_info about;

    memcpy(&here, &function, sizeof(here));
    /* A program's name is without a folder where PATH led to it. */
    if (dladdr(here, &about) != 0 && strchr(about.dli_fname, '/') != NULL)
        return realpath(about.dli_fname, NULL);
    return realpath("/proc/self/exe", NULL);
}

/* Adds the build-id of one note segment; false when it holds none. */
static bool hash_build_id(struct mk__hash *hash, const char *note, size_t size)
{
    while (size >= sizeof(ElfW(Nhdr))) {
        ElfW(Nhdr) header;
        size_t name, length;

        memcpy(&header, note, sizeof(header));
        name = sizeof(header) + padded(header.n_namesz);
        length = name + padded(header.n_descsz);
        if (length > size)
            return false;
        if (header.n_type == NT_GNU_BUILD_ID && header.n_namesz == 4 &&
            memcmp(note + sizeof(header), "GNU", 4) == 0) {
            mk__hash_bytes(hash, note + name, header.n_descsz);
            return true;
        }
        note += length;
        size -= length;
    }
    return false;
}

static bool hash_segments(struct search *search,
                          const struct dl_phdr_info *info, bool notes)
{
    bool any = false;

    for (ElfW(Half) i = 0; i < info->dlpi_phnum; ++i) {
        const ElfW(Phdr) *header = &info->dlpi_phdr[i];
        const char *start =
            (const char *)(uintptr_t)(info->dlpi_addr + header->p_vaddr);

        if (notes && header->p_type == PT_NOTE) {
            if (hash_build_id(&search->hash, start, header->p_memsz))
                return true;
        } else if (!notes && header->p_type == PT_LOAD &&
                   (header->p_flags & PF_X) != 0) {
            mk__hash_bytes(&search->hash, start, header->p_filesz);
            any = true;
        }
    }
    return any;
}

static int visit(struct dl_phdr_info *info, size_t size, void *context)
{
    struct search *search = context;
    ElfW(Addr) offset;

    (void)size;
    if (!holds(info, search->address))
        return 0;
    if (!hash_segments(search, info, true))
        search->found = hash_segments(search, info, false);
    else
        search->found = true;
    offset = search->address - info->dlpi_addr;
    mk__hash_bytes(&search->hash, &offset, sizeof(offset));
    return 1;
}

int mk__lib_identify(const void *address, char digest[MK__DIGEST_SIZE])
{
    struct search search = { .address = (ElfW(Addr))(uintptr_t)address };

    mk__hash_init(&search.hash);
    (void)dl_iterate_phdr(visit, &search);
    if (!search.found)
        return mk__error(MK_ERROR_INVALID,
                         "no loaded object holds the function at %p; give "
                         "the kernel a version",
                         address);
    mk__hash_end(&search.hash, digest);
    return MK_OK;
}
