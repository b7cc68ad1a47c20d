#include "disk.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_S UINT64_C(1000000000)
#define HANG_POLL_NS UINT64_C(1000000)
#define WORD_BYTES sizeof(word)

_Static_assert(sizeof(struct memory) == (24 + 4 * FAULT_COUNT) * WORD_BYTES, "as in memory.py");
_Static_assert(sizeof(word) == 8, "a word is eight bytes");

static struct memory *memory;
static word *order;
static struct request *requests;

/* What follows, and the log, is guarded by this lock, which nobody holds while sleeping. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static uint64_t *there_at_ns; /* for each block: when it is (or was) there; 0 before its touch */
static uint64_t fetch_clock_ns, volume_clock_ns;

static uint64_t later(uint64_t one, uint64_t other) { return one > other ? one : other; }

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

static void sleep_until(uint64_t time_ns)
{
    struct timespec until = {(time_t)(time_ns / NS_PER_S), (long)(time_ns % NS_PER_S)};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR) {
    }
}

static void check(bool good, const char *what)
{
    if (!good) {
        perror(what);
        exit(EXIT_FAILURE);
    }
}

void disk_open(int fd, uint64_t size_bytes)
{
    uint64_t block_count = (size_bytes + BLOCK_BYTES - 1) / BLOCK_BYTES;
    uint64_t order_at = sizeof(struct memory) / WORD_BYTES;
    uint64_t requests_at = order_at + block_count;
    size_t bytes = requests_at * WORD_BYTES + REQUEST_CAPACITY * sizeof(struct request);

    check(ftruncate(fd, (off_t)bytes) == 0, "cannot size the shared memory");
    memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    check(memory != MAP_FAILED, "cannot map the shared memory");
    there_at_ns = calloc(block_count, sizeof *there_at_ns);
    check(there_at_ns != NULL, "cannot hold the touch map");

    order = (word *)memory + order_at;
    requests = (struct request *)((word *)memory + requests_at);
    memory->magic = MEMORY_MAGIC;
    memory->version = MEMORY_VERSION;
    memory->block_count = block_count;
    memory->order_at = order_at;
    memory->requests_at = requests_at;
    memory->request_capacity = REQUEST_CAPACITY;
}

/* Only what was touched is looked at: a large disk has many blocks. */
static void start_over_if_cold(void)
{
    if (memory->log_since_ns == memory->cold_since_ns)
        return;
    for (uint64_t index = 0; index < memory->touched_count; index++)
        there_at_ns[order[index]] = 0;
    fetch_clock_ns = volume_clock_ns = 0;
    memory->touched_count = 0;
    memory->request_count = 0;
    memory->log_since_ns = memory->cold_since_ns;
}

static void log_request(uint64_t offset, uint64_t length)
{
    uint64_t index = memory->request_count;
    if (index < REQUEST_CAPACITY) {
        requests[index].offset = offset;
        requests[index].length = length;
        requests[index].at_ns = now_ns() - memory->log_since_ns;
    }
    memory->request_count = index + 1;
}

static struct fault *find_fault(enum fault_kind kind, uint64_t offset, uint64_t length)
{
    for (struct fault *fault = memory->faults; fault < memory->faults + FAULT_COUNT; fault++)
        if (fault->kind == kind && offset < fault->end && fault->start < offset + length)
            return fault;
    return NULL;
}

/* Polls, as the controller shares memory with us but cannot wake us; only while something hangs. */
static void await_release(uint64_t offset, uint64_t length)
{
    if (!find_fault(FAULT_HANG, offset, length))
        return;
    memory->blocked_count++;
    while (find_fault(FAULT_HANG, offset, length) && !memory->gone) {
        pthread_mutex_unlock(&lock);
        sleep_until(now_ns() + HANG_POLL_NS);
        pthread_mutex_lock(&lock);
    }
    memory->blocked_count--;
}

static int take_failure(uint64_t offset, uint64_t length)
{
    struct fault *fault;

    if (memory->gone)
        return EIO;
    fault = find_fault(FAULT_FAIL, offset, length);
    if (!fault)
        return 0;
    if (--fault->times == 0)
        fault->kind = FAULT_NONE;
    return EIO;
}

/* A virtual clock is the time until which the bytes that were asked for keep a limited line busy. */
static uint64_t take_turn(uint64_t *clock_ns, uint64_t bytes, uint64_t bytes_per_s)
{
    if (bytes_per_s == 0)
        return 0;
    *clock_ns = later(*clock_ns, now_ns());
    *clock_ns += (uint64_t)((double)bytes * (double)NS_PER_S / (double)bytes_per_s);
    return *clock_ns;
}

static uint64_t touch(uint64_t block)
{
    if (there_at_ns[block] == 0) {
        uint64_t fetched_ns = take_turn(&fetch_clock_ns, BLOCK_BYTES, memory->fetch_bytes_per_s);
        there_at_ns[block] = later(now_ns() + memory->first_touch_ns, fetched_ns);
        order[memory->touched_count] = block;
        memory->touched_count++;
    }
    return there_at_ns[block];
}

/* Return when the last of the blocks is there: they are fetched side by side. */
static uint64_t touch_all(uint64_t offset, uint64_t length)
{
    uint64_t there_ns = 0;
    for (uint64_t block = offset / BLOCK_BYTES; block * BLOCK_BYTES < offset + length; block++)
        there_ns = later(there_ns, touch(block));
    return there_ns;
}

static int admit_read(uint64_t offset, uint64_t length, uint64_t *done_ns)
{
    start_over_if_cold();
    log_request(offset, length);
    await_release(offset, length);
    if (take_failure(offset, length))
        return EIO;
    start_over_if_cold(); /* it may have been made cold while the read hung */
    *done_ns = later(touch_all(offset, length), now_ns() + memory->base_ns);
    *done_ns = later(*done_ns, take_turn(&volume_clock_ns, length, memory->volume_bytes_per_s));
    return 0;
}

int disk_await_read(uint64_t offset, uint64_t length)
{
    uint64_t done_ns;
    int error;

    pthread_mutex_lock(&lock);
    error = admit_read(offset, length, &done_ns);
    pthread_mutex_unlock(&lock);
    if (!error)
        sleep_until(done_ns);
    return error;
}

int disk_await_write(uint64_t offset, uint64_t length)
{
    uint64_t there_ns;

    if (memory->gone)
        return EIO;
    pthread_mutex_lock(&lock);
    start_over_if_cold();
    there_ns = touch_all(offset, length);
    pthread_mutex_unlock(&lock);
    sleep_until(there_ns);
    return 0;
}

void disk_end(void) { memory->gone = 1; }
