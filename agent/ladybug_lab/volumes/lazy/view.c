/* Serves one file over FUSE, with the latencies, limits and faults of the simulated disk.
 *
 * view BACKING MEMORY_FD DIRECTORY THREADS
 *
 * Descriptor 0 is a socket of the controller: we send the path of the mount point when it can be
 * used, and end when the other side closes or dies. The view is in a new directory in DIRECTORY.
 */
#define FUSE_USE_VERSION 312

#include "disk.h"

#include <errno.h>
#include <fcntl.h>
#include <fuse_lowlevel.h>
#include <libgen.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define CONTROL_FD 0
#define FILE_INODE 2
#define FOREVER_S 86400.0
#define MAX_IN_FLIGHT 512

static struct {
    const char *name;
    int fd;
    const char *bytes; /* mapped: answered from the page cache with one copy, by the kernel */
    uint64_t size;
} backing;

static char mount_point[PATH_MAX];

static void die(const char *what)
{
    perror(what);
    exit(EXIT_FAILURE);
}

static struct stat attributes(fuse_ino_t inode)
{
    struct stat found = {.st_ino = inode, .st_mode = S_IFDIR | 0755, .st_nlink = 2};
    if (inode == FILE_INODE) {
        found.st_mode = S_IFREG | 0600;
        found.st_nlink = 1;
        found.st_size = (off_t)backing.size;
    }
    return found;
}

static void on_init(void *unused, struct fuse_conn_info *connection)
{
    (void)unused;
    connection->max_background = MAX_IN_FLIGHT;
    connection->congestion_threshold = MAX_IN_FLIGHT;
    connection->want |= connection->capable & FUSE_CAP_ASYNC_DIO;
}

static void on_lookup(fuse_req_t request, fuse_ino_t parent, const char *name)
{
    struct fuse_entry_param entry = {.ino = FILE_INODE,
                                     .attr = attributes(FILE_INODE),
                                     .attr_timeout = FOREVER_S,
                                     .entry_timeout = FOREVER_S};
    if (parent == FUSE_ROOT_ID && strcmp(name, backing.name) == 0)
        fuse_reply_entry(request, &entry);
    else
        fuse_reply_err(request, ENOENT);
}

static void on_getattr(fuse_req_t request, fuse_ino_t inode, struct fuse_file_info *file)
{
    struct stat found = attributes(inode);
    (void)file;
    fuse_reply_attr(request, &found, FOREVER_S);
}

static void on_open(fuse_req_t request, fuse_ino_t inode, struct fuse_file_info *file)
{
    (void)inode;
    file->direct_io = 1; /* no cache before the disk */
    fuse_reply_open(request, file);
}

static size_t clamped(size_t length, off_t offset)
{
    uint64_t left = (uint64_t)offset < backing.size ? backing.size - (uint64_t)offset : 0;
    return length < left ? length : (size_t)left;
}

static void on_read(fuse_req_t request, fuse_ino_t inode, size_t length, off_t offset,
                    struct fuse_file_info *file)
{
    int error = 0;
    (void)inode, (void)file;
    length = clamped(length, offset);
    if (length > 0)
        error = disk_await_read((uint64_t)offset, length);
    if (error)
        fuse_reply_err(request, error);
    else
        fuse_reply_buf(request, backing.bytes + offset, length);
}

static void on_write(fuse_req_t request, fuse_ino_t inode, const char *bytes, size_t length,
                     off_t offset, struct fuse_file_info *file)
{
    int error = clamped(length, offset) == length ? 0 : ENOSPC;
    ssize_t written = 0;
    (void)inode, (void)file;
    if (!error)
        error = disk_await_write((uint64_t)offset, length);
    if (!error && (written = pwrite(backing.fd, bytes, length, offset)) < 0)
        error = errno;
    if (error)
        fuse_reply_err(request, error);
    else
        fuse_reply_write(request, (size_t)written);
}

static void on_fsync(fuse_req_t request, fuse_ino_t inode, int data_only, struct fuse_file_info *file)
{
    (void)inode, (void)data_only, (void)file;
    fuse_reply_err(request, fsync(backing.fd) == 0 ? 0 : errno);
}

static const struct fuse_lowlevel_ops operations = {
    .init = on_init,
    .lookup = on_lookup,
    .getattr = on_getattr,
    .open = on_open,
    .read = on_read,
    .write = on_write,
    .fsync = on_fsync,
};

static void open_backing(const char *path)
{
    struct stat found;
    backing.name = basename(strdup(path));
    backing.fd = open(path, O_RDWR | O_CLOEXEC);
    if (backing.fd < 0 || fstat(backing.fd, &found) < 0)
        die(path);
    backing.size = (uint64_t)found.st_size;
    backing.bytes = mmap(NULL, backing.size, PROT_READ, MAP_SHARED, backing.fd, 0);
    if (backing.bytes == MAP_FAILED)
        die(path);
}

static struct fuse_session *mount_in(const char *directory)
{
    char *options[] = {"lazy-view", "-o", "fsname=lazy-view"};
    struct fuse_args arguments = FUSE_ARGS_INIT(3, options);
    struct fuse_session *session;

    snprintf(mount_point, sizeof mount_point, "%s/lab-lazy-XXXXXX", directory);
    if (!mkdtemp(mount_point))
        die(mount_point);
    session = fuse_session_new(&arguments, &operations, sizeof operations, NULL);
    if (!session || fuse_session_mount(session, mount_point) != 0) {
        rmdir(mount_point);
        exit(EXIT_FAILURE); /* libfuse has said why */
    }
    return session;
}

/* Lazily: a loop device may still hold the file. What it waits for fails when we are gone. */
static void leave_nothing(void)
{
    disk_end();
    umount2(mount_point, MNT_DETACH);
    rmdir(mount_point);
    _exit(EXIT_SUCCESS); /* libfuse would wait for whoever holds the file */
}

static void *await_end(void *unused)
{
    char ignored;
    while (recv(CONTROL_FD, &ignored, sizeof ignored, 0) > 0) {
    }
    leave_nothing();
    return unused;
}

static void serve(struct fuse_session *session, unsigned threads)
{
    struct fuse_loop_config *config = fuse_loop_cfg_create();
    fuse_loop_cfg_set_clone_fd(config, 1);
    fuse_loop_cfg_set_max_threads(config, threads);
    fuse_loop_cfg_set_idle_threads(config, threads);
    fuse_session_loop_mt(session, config);
}

int main(int count, char **arguments)
{
    struct fuse_session *session;
    pthread_t listener;

    if (count != 5) {
        fputs("usage: view BACKING MEMORY_FD DIRECTORY THREADS\n", stderr);
        return 2;
    }
    /* Threads inherit it: a sleep is as exact as the machine can have it, not 50 us late. */
    prctl(PR_SET_TIMERSLACK, 1UL);
    open_backing(arguments[1]);
    disk_open(atoi(arguments[2]), backing.size);
    session = mount_in(arguments[3]);
    if (pthread_create(&listener, NULL, await_end, NULL) != 0 ||
        send(CONTROL_FD, mount_point, strlen(mount_point), MSG_NOSIGNAL) < 0)
        leave_nothing(); /* nobody is there to serve */
    serve(session, (unsigned)atoi(arguments[4]));
    leave_nothing(); /* somebody unmounted the view */
}
