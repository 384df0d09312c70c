/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
int main(int argc,char**argv){ printf("argc %d\n",argc); for(int i=0;i<40;i++){ char*p=malloc(8000); memset(p,0xaa,8000); } printf("after malloc\n"); return 0; }
