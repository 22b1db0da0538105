/* Asks for addresses by ARP, or by NDP where they are IPv6, and times the answers. The packet socket is made, bound and
 * handed over by the caller.
 *
 *   load FD SOURCE_MAC SOURCE_IP FIRST_IP ADDRESSES latency REQUESTS
 *   load FD SOURCE_MAC SOURCE_IP FIRST_IP ADDRESSES flood MILLISECONDS
 *
 * latency: one request at a time; prints "p50_ns p99_ns answered lost".
 * flood: WINDOW requests under way; prints "answered nanoseconds".
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>

enum { ARP_FRAME = 42, NDP_FRAME = 86, WINDOW = 128, BATCH = 64, WARM_UP = 500, SLOT = 128, PATIENCE_MS = 100 };

/* The protocol: how long a question is, where its target ends in a question, and where in an answer. */
static int ndp;
static size_t length = ARP_FRAME, asked_end = 42, answered_end = 32;

static uint64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void fail(const char *what) {
    fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
    exit(1);
}

/* A neighbour solicitation (RFC 4861 4.3); what depends on the target is filled in for each. */
static void build_ndp(uint8_t *frame, const uint8_t *mac, const uint8_t *source, const uint8_t *first) {
    static const uint8_t head[] = {0x86, 0xdd, 0x60, 0, 0, 0, 0, 32, 58, 255};
    memset(frame, 0, NDP_FRAME);
    memset(frame, 0x33, 2);
    memcpy(frame + 6, mac, 6);
    memcpy(frame + 12, head, sizeof head);
    memcpy(frame + 22, source, 16);
    memcpy(frame + 38, "\xff\x02\0\0\0\0\0\0\0\0\0\1\xff", 13);
    frame[54] = 135;
    memcpy(frame + 62, first, 16);
    memcpy(frame + 78, "\1\1", 2);
    memcpy(frame + 80, mac, 6);
}

/* The group that follows from the target, and the checksum (RFC 1071). */
static void finish_ndp(uint8_t *frame) {
    frame[2] = 0xff;
    memcpy(frame + 3, frame + 75, 3);
    memcpy(frame + 51, frame + 75, 3);
    frame[56] = frame[57] = 0;
    uint32_t sum = 32 + 58;
    for (int at = 22; at < NDP_FRAME; at += 2) sum += (uint32_t)frame[at] << 8 | frame[at + 1];
    while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
    frame[56] = (uint8_t)(~sum >> 8);
    frame[57] = (uint8_t)~sum;
}

/* An Ethernet frame with an ARP request (RFC 826); the target is filled in for each request. */
static void build(uint8_t *frame, const uint8_t *mac, uint32_t source) {
    static const uint8_t head[] = {0x08, 0x06, 0, 1, 0x08, 0, 6, 4, 0, 1};
    memset(frame, 0xff, 6);
    memcpy(frame + 6, mac, 6);
    memcpy(frame + 12, head, sizeof head);
    memcpy(frame + 22, mac, 6);
    memcpy(frame + 28, &source, 4);
    memset(frame + 32, 0, 10);
}

static void aim(uint8_t *frame, uint32_t first, uint32_t addresses, uint32_t n) {
    /* A stride that shares no factor with usual counts, so that no cache or "last one" trick can help. */
    uint32_t target = htonl(first + (uint32_t)(((uint64_t)n * 7919u) % addresses));
    memcpy(frame + asked_end - 4, &target, 4);
    if (ndp) finish_ndp(frame);
}

static int is_reply(const uint8_t *frame, ssize_t size) {
    if (size < (ssize_t)length) return 0;
    return ndp ? frame[20] == 58 && frame[54] == 136 : frame[20] == 0 && frame[21] == 2;
}

/* Wait until no reply has come for PATIENCE_MS: an old one must not pass for the next. */
static void settle(int fd) {
    uint8_t old[SLOT];
    while (recv(fd, old, sizeof old, 0) >= 0 || errno == EINTR) continue;
    if (errno != EAGAIN && errno != EWOULDBLOCK) fail("recv");
}

static int by_value(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static void latency(int fd, uint8_t *frame, uint32_t first, uint32_t addresses, uint32_t requests) {
    uint64_t *took = calloc(requests + 1, sizeof *took);
    uint32_t answered = 0, lost = 0;
    uint8_t reply[SLOT];
    if (!took) fail("memory");
    for (uint32_t n = 0; n < requests + WARM_UP; n++) {
        aim(frame, first, addresses, n);
        uint64_t start = now_ns();
        if (send(fd, frame, length, 0) != (ssize_t)length) fail("send");
        for (;;) {
            /* To sleep here would time how long this program takes to wake up. */
            ssize_t size = recv(fd, reply, sizeof reply, MSG_DONTWAIT);
            if (size < 0 && errno != EAGAIN && errno != EINTR) fail("recv");
            if (size < 0 && now_ns() - start > PATIENCE_MS * 1000000u) {
                lost++;
                settle(fd);
                break;
            }
            if (!is_reply(reply, size) || memcmp(reply + answered_end - 4, frame + asked_end - 4, 4)) continue;
            if (n >= WARM_UP) took[answered++] = now_ns() - start;
            break;
        }
        if (lost > 100) break;
    }
    qsort(took, answered, sizeof *took, by_value);
    printf("%llu %llu %u %u\n", (unsigned long long)took[answered / 2],
           (unsigned long long)took[(uint64_t)answered * 99 / 100], answered, lost);
    free(took);
}

static uint8_t out[BATCH][SLOT], in[BATCH][SLOT];
static struct iovec out_at[BATCH], in_at[BATCH];
static struct mmsghdr out_message[BATCH], in_message[BATCH];

static void prepare(const uint8_t *frame) {
    for (int i = 0; i < BATCH; i++) {
        memcpy(out[i], frame, length);
        out_at[i] = (struct iovec){out[i], length};
        in_at[i] = (struct iovec){in[i], SLOT};
        out_message[i].msg_hdr.msg_iov = &out_at[i];
        out_message[i].msg_hdr.msg_iovlen = 1;
        in_message[i].msg_hdr.msg_iov = &in_at[i];
        in_message[i].msg_hdr.msg_iovlen = 1;
    }
}

static int ask(int fd, uint32_t first, uint32_t addresses, uint32_t *next, int wanted) {
    int batch = wanted < BATCH ? wanted : BATCH;
    for (int i = 0; i < batch; i++) aim(out[i], first, addresses, (*next)++);
    int sent = sendmmsg(fd, out_message, (unsigned)batch, 0);
    if (sent < 0) fail("sendmmsg");
    return sent;
}

/* The replies of one read; -1 where none came within the socket's timeout. */
static int gather(int fd) {
    int got = recvmmsg(fd, in_message, BATCH, MSG_WAITFORONE, NULL);
    if (got < 0 && errno == EINTR) return 0;
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return -1;
    if (got < 0) fail("recvmmsg");
    int replies = 0;
    for (int i = 0; i < got; i++) replies += is_reply(in[i], in_message[i].msg_len);
    return replies;
}

static void flood(int fd, const uint8_t *frame, uint32_t first, uint32_t addresses, uint32_t milliseconds) {
    uint64_t answered = 0, start = now_ns(), end = start + (uint64_t)milliseconds * 1000000u;
    uint32_t next = 0;
    int under_way = 0;
    prepare(frame);
    while (now_ns() < end) {
        if (WINDOW - under_way >= BATCH / 2) under_way += ask(fd, first, addresses, &next, WINDOW - under_way);
        int replies = gather(fd);
        if (replies < 0) {
            under_way = 0; /* what is still out is lost */
            continue;
        }
        answered += (uint64_t)replies;
        under_way -= replies < under_way ? replies : under_way;
    }
    printf("%llu %llu\n", (unsigned long long)answered, (unsigned long long)(now_ns() - start));
}

int main(int argc, char **argv) {
    uint8_t frame[SLOT], mac[6], source_6[16], first_6[16];
    struct in_addr source, first;
    ndp = argc == 8 && inet_pton(AF_INET6, argv[3], source_6) == 1 && inet_pton(AF_INET6, argv[4], first_6) == 1;
    if (argc != 8 || sscanf(argv[2], "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", mac, mac + 1, mac + 2, mac + 3, mac + 4, mac + 5) != 6 ||
        (!ndp && (inet_aton(argv[3], &source) == 0 || inet_aton(argv[4], &first) == 0))) {
        fprintf(stderr, "usage: load FD SOURCE_MAC SOURCE_IP FIRST_IP ADDRESSES latency|flood REQUESTS|MILLISECONDS\n");
        return 2;
    }
    int fd = atoi(argv[1]);
    uint32_t addresses = (uint32_t)atoi(argv[5]), amount = (uint32_t)atoi(argv[7]);
    struct timeval patience = {0, PATIENCE_MS * 1000};
    if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) < 0) fail("SO_RCVTIMEO");
    if (ndp) {
        length = NDP_FRAME;
        asked_end = answered_end = 78;
        memcpy(&first.s_addr, first_6 + 12, 4);
        build_ndp(frame, mac, source_6, first_6);
    } else {
        build(frame, mac, source.s_addr);
    }
    settle(fd);
    if (strcmp(argv[6], "latency") == 0)
        latency(fd, frame, ntohl(first.s_addr), addresses, amount);
    else
        flood(fd, frame, ntohl(first.s_addr), addresses, amount);
    return 0;
}
