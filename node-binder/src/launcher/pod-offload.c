// The command `pod-offload` of the image, which has no shell: Java with the options of /app/pod-offload, and the arguments.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv) {
  char **args = calloc((size_t)argc + 2, sizeof *args);
  if (args == NULL) {
    perror("pod-offload");
    return 127;
  }
  args[0] = "java";
  args[1] = "@/app/pod-offload";
  memcpy(args + 2, argv + 1, (size_t)argc * sizeof *args); // with the null at the end
  execv("/opt/java/bin/java", args);
  perror("pod-offload: cannot start /opt/java/bin/java");
  return 127;
}
