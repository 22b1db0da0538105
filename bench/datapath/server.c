/* A pod's program that is no bottleneck: one short HTTP answer a connection, which the client then closes.
 *
 *   server PORT
 *
 * It writes one line when it listens. Whoever closes first has to remember the connection for a minute, and a port
 * that a node chose at random may come again sooner: so the client closes first.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { EVENTS = 256, BACKLOG = 4096 };

static const char answer[] = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok";

static void fail(const char *what) {
    fprintf(stderr, "server: %s: %s\n", what, strerror(errno));
    exit(1);
}

static int listening(int port) {
    struct sockaddr_in6 where = {.sin6_family = AF_INET6, .sin6_port = htons((unsigned short)port)};
    int on = 1, fd = socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (fd < 0) fail("socket");
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, (struct sockaddr *)&where, sizeof where) < 0) fail("bind");
    if (listen(fd, BACKLOG) < 0) fail("listen");
    return fd;
}

static void serve(int fd) {
    char request[2048];
    ssize_t got = recv(fd, request, sizeof request, 0);
    if (got > 0)
        send(fd, answer, sizeof answer - 1, MSG_NOSIGNAL);
    else if (got == 0 || (errno != EAGAIN && errno != EINTR))
        close(fd);
}

static void take_all(int listener, int poll) {
    int fd;
    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
        struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
        epoll_ctl(poll, EPOLL_CTL_ADD, fd, &event);
    }
}

int main(int argc, char **argv) {
    struct epoll_event events[EVENTS];
    if (argc != 2) return 2;
    int listener = listening(atoi(argv[1])), poll = epoll_create1(0);
    struct epoll_event first = {.events = EPOLLIN, .data.fd = listener};
    if (poll < 0 || epoll_ctl(poll, EPOLL_CTL_ADD, listener, &first) < 0) fail("epoll");
    puts("ready");
    fflush(stdout);
    for (;;) {
        int count = epoll_wait(poll, events, EVENTS, -1);
        for (int i = 0; i < count; i++) {
            if (events[i].data.fd == listener)
                take_all(listener, poll);
            else
                serve(events[i].data.fd);
        }
    }
}
