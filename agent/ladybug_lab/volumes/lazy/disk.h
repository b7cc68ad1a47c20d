/* The simulated disk: which of its blocks are there, how long a read takes, and which reads fail.
 *
 * This is the one place that says what the shared memory looks like. Every item is a 64-bit word of
 * this machine's byte order, written and read whole; `memory.py` has the numbers of the words and
 * refuses a memory of another magic or version. Times are CLOCK_MONOTONIC, in nanoseconds.
 */
#ifndef LADYBUG_LAB_DISK_H
#define LADYBUG_LAB_DISK_H

#include <stdatomic.h>
#include <stdint.h>

#define MEMORY_MAGIC UINT64_C(0x4b534944595a414c) /* the bytes "LAZYDISK" of a little-endian machine */
#define MEMORY_VERSION 1
#define BLOCK_BYTES UINT64_C(524288)
#define FAULT_COUNT 16
#define REQUEST_CAPACITY UINT64_C(4000000)

typedef _Atomic uint64_t word;

enum fault_kind { FAULT_NONE, FAULT_FAIL, FAULT_HANG };

/* Written by the controller while `kind` is FAULT_NONE, and `kind` last. */
struct fault {
    word kind;
    word start, end;  /* bytes, `end` is exclusive */
    word times;       /* how many more reads fail, counted down by the server; it then clears `kind` */
};

struct memory {
    /* Written by the server before anybody reads. */
    word magic, version;
    word block_count;
    word order_at;    /* numbers of words: where the two arrays below begin */
    word requests_at;
    word request_capacity;
    word reserved_0[2];

    /* Written by the controller; in force from the next request on. */
    word cold_since_ns;      /* another value makes all blocks untouched and empties the logs */
    word first_touch_ns;
    word base_ns;
    word fetch_bytes_per_s;  /* 0: no limit */
    word volume_bytes_per_s; /* 0: no limit */
    word gone;               /* 1: the disk is detached */
    word reserved_1[2];

    /* Written by the server. A count is raised after its entry was written. */
    word log_since_ns; /* the `cold_since_ns` that map and logs belong to */
    word touched_count;
    word request_count; /* goes on where the log is full */
    word blocked_count; /* reads that hang at this moment */
    word reserved_2[4];

    struct fault faults[FAULT_COUNT];

    /* word order[block_count]: the touched blocks, in order of their first touch
     * struct request requests[request_capacity] */
};

struct request {
    word offset, length; /* bytes */
    word at_ns;          /* since `cold_since_ns` */
};

/* Lay out a memory for a disk of that size in the file `fd`; end the process if that cannot be. */
void disk_open(int fd, uint64_t size_bytes);

/* Return 0 when the simulated disk would have the bytes, or EIO; blocks for as long as it takes. */
int disk_await_read(uint64_t offset, uint64_t length);

/* The same for a write: a block that is not there is fetched, as only a part of it changes. */
int disk_await_write(uint64_t offset, uint64_t length);

/* Detach the disk: from now on everything ends with EIO, also what hangs. */
void disk_end(void);

#endif
