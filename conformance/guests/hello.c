/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <errno.h>
#include <sys/stat.h>
#include <dirent.h>
#include <unistd.h>

/* Small WASI exerciser: args, env, stdio, clock, random, filesystem, exit code. */
static int cmp(const void *a, const void *b){ return strcmp(*(char*const*)a, *(char*const*)b); }

int main(int argc, char **argv){
  printf("argc=%d\n", argc);
  for(int i=1;i<argc;i++) printf("arg[%d]=%s\n", i, argv[i]);
  const char *e=getenv("FIXTURE_ENV"); printf("FIXTURE_ENV=%s\n", e?e:"(unset)");
  struct timespec ts; 
  printf("clock_monotonic=%s\n", clock_gettime(CLOCK_MONOTONIC,&ts)==0?"ok":"fail");
  printf("clock_realtime=%s\n", clock_gettime(CLOCK_REALTIME,&ts)==0 && ts.tv_sec>1600000000?"ok":"fail");
  unsigned char r[16]={0}; int rc=getentropy(r,16); int nz=0; for(int i=0;i<16;i++) nz|=r[i];
  printf("random=%s\n", rc==0&&nz?"ok":"fail");
  if(argc>1 && !strcmp(argv[1],"cat")){
    char buf[4096]; size_t n,t=0; while((n=fread(buf,1,sizeof buf,stdin))>0){ fwrite(buf,1,n,stdout); t+=n; }
    fprintf(stderr,"stdin bytes=%zu\n", t);
  }
  if(argc>2 && !strcmp(argv[1],"fs")){
    char p[512]; const char *d=argv[2];
    snprintf(p,sizeof p,"%s/fixture.txt",d);
    FILE *f=fopen(p,"w"); if(!f){ printf("open %s: errno=%d %s\n",p,errno,strerror(errno)); return 3; }
    for(int i=0;i<1000;i++) fprintf(f,"line %d\n",i);
    fclose(f);
    struct stat st; if(stat(p,&st)) { perror("stat"); return 4; }
    printf("size=%lld\n",(long long)st.st_size);
    f=fopen(p,"r"); fseek(f,-9,SEEK_END); char buf[64]; size_t n=fread(buf,1,sizeof buf,f); printf("tail=%.*s",(int)n,buf); fclose(f);
    snprintf(p,sizeof p,"%s/sub",d); printf("mkdir=%d\n",mkdir(p,0777));
    DIR *dd=opendir(d); struct dirent *de; char *names[64]; int k=0; while(dd&&(de=readdir(dd))) if(k<64 && de->d_name[0]!='.') names[k++]=strdup(de->d_name); closedir(dd);
    qsort(names,k,sizeof *names,cmp); for(int i=0;i<k;i++) printf("entry %s\n",names[i]);
    printf("rmdir=%d\n",rmdir(p)); snprintf(p,sizeof p,"%s/fixture.txt",d); printf("unlink=%d\n",unlink(p));
    printf("unlink again=%d errno_is_ENOENT=%d\n",unlink(p),errno==ENOENT);
  }
  if(argc>2 && !strcmp(argv[1],"exit")) exit(atoi(argv[2]));
  return 0;
}
