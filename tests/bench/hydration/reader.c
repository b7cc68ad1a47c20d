/* Reads what a plan says with many threads, as fast as a compiled program can.
 *
 *     reader PLAN THREADS
 *
 * A line of the plan is `PATH OFFSET LENGTH buffered|direct`; lines are begun in their order. Of
 * what is read nothing is kept. Exits with 1 at the first error. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BUFFER_BYTES = 1 << 20, ALIGNMENT = 4096, MAX_FILES = 256 };

struct line {
    int fd;
    off_t offset;
    size_t length;
};

struct file {
    char path[PATH_MAX];
    int direct;
    int fd;
};

static struct line *lines;
static size_t line_count;
static atomic_size_t next_line;
static struct file files[MAX_FILES];
static int file_count;

static void fail(const char *what)
{
    fprintf(stderr, "reader: %s: %s\n", what, strerror(errno));
    exit(1);
}

static int opened(const char *path, int direct)
{
    for (int i = file_count - 1; i >= 0; i--)
        if (files[i].direct == direct && strcmp(files[i].path, path) == 0)
            return files[i].fd;
    if (file_count == MAX_FILES) {
        errno = EMFILE;
        fail(path);
    }
    struct file *file = &files[file_count++];
    snprintf(file->path, sizeof file->path, "%s", path);
    file->direct = direct;
    file->fd = open(path, O_RDONLY | (direct ? O_DIRECT : 0));
    if (file->fd < 0)
        fail(path);
    /* The plan is exact: nothing is to be read ahead of it. */
    if (!direct && posix_fadvise(file->fd, 0, 0, POSIX_FADV_RANDOM) != 0)
        fail(path);
    return file->fd;
}

static void load(const char *plan)
{
    static char path[PATH_MAX];
    char mode[16];
    long long offset;
    size_t length, capacity = 0;
    FILE *file = fopen(plan, "r");
    if (file == NULL)
        fail(plan);
    while (fscanf(file, "%4095s %lld %zu %15s", path, &offset, &length, mode) == 4) {
        if (line_count == capacity) {
            capacity = capacity ? 2 * capacity : 4096;
            lines = realloc(lines, capacity * sizeof *lines);
            if (lines == NULL)
                fail("memory");
        }
        int fd = opened(path, strcmp(mode, "direct") == 0);
        lines[line_count++] = (struct line){.fd = fd, .offset = offset, .length = length};
    }
    if (!feof(file)) {
        errno = EINVAL;
        fail(plan);
    }
    fclose(file);
}

static void read_line(const struct line *line, char *buffer)
{
    for (size_t done = 0; done < line->length;) {
        size_t rest = line->length - done;
        ssize_t got = pread(line->fd, buffer, rest < BUFFER_BYTES ? rest : BUFFER_BYTES,
                            line->offset + (off_t)done);
        if (got < 0)
            fail("pread");
        if (got == 0) /* the end of the file */
            return;
        done += (size_t)got;
    }
}

static void *work(void *unused)
{
    char *buffer = aligned_alloc(ALIGNMENT, BUFFER_BYTES);
    if (buffer == NULL)
        fail("memory");
    for (;;) {
        size_t number = atomic_fetch_add(&next_line, 1);
        if (number >= line_count)
            return unused;
        read_line(&lines[number], buffer);
    }
}

int main(int argc, char **argv)
{
    if (argc != 3)
        return 2;
    load(argv[1]);
    int count = atoi(argv[2]);
    pthread_t *threads = calloc((size_t)count, sizeof *threads);
    if (threads == NULL)
        fail("memory");
    for (int i = 0; i < count; i++)
        if ((errno = pthread_create(&threads[i], NULL, work, NULL)) != 0)
            fail("thread");
    for (int i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
    return 0;
}
