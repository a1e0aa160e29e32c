/*
 * First process of a pod's sandbox: holds its namespaces until a signal ends it, and reaps what a shared process namespace leaves to
 * it. Stands in for registry.k8s.io/pause. Built by dev/cluster-tools: gcc -static.
 */
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static void end(int signal) { _exit(0); }

static void reap(int signal) {
  while (waitpid(-1, 0, WNOHANG) > 0) {
  }
}

int main(void) {
  struct sigaction ends = {.sa_handler = end};
  struct sigaction reaps = {.sa_handler = reap, .sa_flags = SA_NOCLDSTOP};
  if (sigaction(SIGINT, &ends, 0) || sigaction(SIGTERM, &ends, 0) || sigaction(SIGCHLD, &reaps, 0))
    return 1;
  for (;;)
    pause();
}
