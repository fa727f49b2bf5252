#include "estimators/estimators.h"
void replay(const char *folder)
{
    (void)folder;
}
