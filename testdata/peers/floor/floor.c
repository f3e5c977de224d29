// The floor: the cost of the same echo with nothing between the program and the kernel.
// Both ends of a raw TCP echo, each thread with its own level-triggered epoll:
//   floor serve PORT THREADS [LIFE]                    until killed, or LIFE seconds
//   floor load  PORT THREADS CONNECTIONS SIZE SECONDS  prints one line of JSON
// Closed loop: each connection sends SIZE bytes, waits for the echo and sends again.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { EVENTS = 256, BUFFER = 64 << 10, SUB = 128, BUCKETS = 57 * SUB };

static void fail(const char *what) {
	perror(what);
	exit(1);
}

static int64_t now_ns(void) {
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

// Thousands of connections exceed the usual soft limit.
static void raise_file_limit(void) {
	struct rlimit l;
	if (getrlimit(RLIMIT_NOFILE, &l) == 0) {
		l.rlim_cur = l.rlim_max;
		setrlimit(RLIMIT_NOFILE, &l);
	}
}

static struct sockaddr_in loopback(int port) {
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return a;
}

static void no_delay(int fd) {
	int one = 1;
	if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) != 0)
		fail("TCP_NODELAY");
}

static void watch(int ep, int fd, void *ptr) {
	struct epoll_event e = {.events = EPOLLIN, .data = {.fd = fd}};
	if (ptr)
		e.data.ptr = ptr;
	if (epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e) != 0)
		fail("epoll_ctl");
}

// read_some returns the bytes available: 0 if there are none, -1 at the end.
static ssize_t read_some(int fd, char *buf, size_t room) {
	ssize_t n = recv(fd, buf, room, MSG_DONTWAIT);
	if (n > 0)
		return n;
	return n < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : -1;
}

// write_all polls while the socket is full, which a closed loop of small messages never causes.
// Returns -1 at the end.
static int write_all(int fd, const char *p, size_t n) {
	while (n > 0) {
		ssize_t done = send(fd, p, n, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (done < 0 && errno == EAGAIN) {
			struct pollfd room = {.fd = fd, .events = POLLOUT};
			poll(&room, 1, -1);
		} else if (done < 0 && errno != EINTR) {
			return -1;
		} else if (done > 0) {
			p += done, n -= (size_t)done;
		}
	}
	return 0;
}

// --- the server

static void *echo_thread(void *arg) {
	int ep = *(int *)arg;
	char *buf = malloc(BUFFER);
	struct epoll_event ready[EVENTS];
	for (;;) {
		int n = epoll_wait(ep, ready, EVENTS, -1);
		for (int i = 0; i < n; i++) {
			int fd = ready[i].data.fd;
			ssize_t got = read_some(fd, buf, BUFFER);
			if (got < 0 || write_all(fd, buf, (size_t)got) != 0)
				close(fd);
		}
	}
	return NULL;
}

// serve accepts on the main thread and assigns connections round-robin, so that threads have
// equally many; SO_REUSEPORT would assign them by a hash.
static _Noreturn void serve(int port, int threads) {
	int *eps = calloc((size_t)threads, sizeof *eps);
	for (int i = 0; i < threads; i++) {
		pthread_t t;
		eps[i] = epoll_create1(0);
		if (pthread_create(&t, NULL, echo_thread, &eps[i]) != 0)
			fail("pthread_create");
	}
	struct sockaddr_in at = loopback(port);
	int one = 1, l = socket(AF_INET, SOCK_STREAM, 0);
	setsockopt(l, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (bind(l, (struct sockaddr *)&at, sizeof at) != 0 || listen(l, 4096) != 0)
		fail("listen");
	for (int next = 0;; next = (next + 1) % threads) {
		int fd = accept(l, NULL, NULL);
		if (fd < 0)
			fail("accept");
		no_delay(fd);
		watch(eps[next], fd, NULL);
	}
}

// --- the load

struct connection {
	int fd;
	size_t got; // of the current echo
	int64_t sent;
};

struct worker {
	pthread_t thread;
	struct connection *connections;
	int count;
	const char *message;
	size_t size;
	int64_t deadline;
	uint64_t messages;
	uint64_t histogram[BUCKETS]; // log-linear: 128 buckets per octave, 0.8 % apart
};

static void record(struct worker *w, uint64_t ns) {
	if (ns < SUB)
		ns = SUB;
	int shift = 63 - 7 - __builtin_clzll(ns);
	w->histogram[(uint64_t)shift * SUB + (ns >> shift) - SUB]++;
}

// value_of returns the middle of a bucket.
static double value_of(uint64_t bucket) {
	return ((double)(bucket % SUB + SUB) + 0.5) * (double)(1ULL << bucket / SUB);
}

static double percentile(const uint64_t *histogram, uint64_t total, double p) {
	uint64_t seen = 0;
	for (uint64_t i = 0; i < BUCKETS; i++) {
		seen += histogram[i];
		if (seen > 0 && (double)seen >= p * (double)total)
			return value_of(i);
	}
	return 0;
}

static void take(struct worker *w, struct connection *c, char *buf) {
	ssize_t n = read_some(c->fd, buf, BUFFER);
	if (n < 0) {
		fprintf(stderr, "floor: the server has closed a connection\n");
		exit(1);
	}
	c->got += (size_t)n;
	if (c->got < w->size)
		return;
	// One clock reading per message: the receive time is the next send time.
	int64_t now = now_ns();
	record(w, (uint64_t)(now - c->sent));
	w->messages++;
	c->got = 0;
	c->sent = now;
	if (write_all(c->fd, w->message, w->size) != 0)
		fail("send");
}

static void *load_thread(void *arg) {
	struct worker *w = arg;
	char *buf = malloc(BUFFER);
	int ep = epoll_create1(0);
	struct epoll_event ready[EVENTS];
	for (int i = 0; i < w->count; i++) {
		struct connection *c = &w->connections[i];
		watch(ep, c->fd, c);
		c->sent = now_ns();
		if (write_all(c->fd, w->message, w->size) != 0)
			fail("send");
	}
	while (now_ns() < w->deadline) {
		int n = epoll_wait(ep, ready, EVENTS, 10);
		for (int i = 0; i < n; i++)
			take(w, ready[i].data.ptr, buf);
	}
	return NULL;
}

static void open_all(struct worker *w, int port) {
	struct sockaddr_in to = loopback(port);
	w->connections = calloc((size_t)w->count + 1, sizeof *w->connections);
	for (int i = 0; i < w->count; i++) {
		int fd = socket(AF_INET, SOCK_STREAM, 0);
		if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) != 0)
			fail("connect");
		no_delay(fd);
		w->connections[i].fd = fd;
	}
}

static void report(struct worker *ws, int threads, double seconds) {
	static uint64_t all[BUCKETS];
	uint64_t total = 0;
	for (int t = 0; t < threads; t++) {
		total += ws[t].messages;
		for (int i = 0; i < BUCKETS; i++)
			all[i] += ws[t].histogram[i];
	}
	struct rusage u;
	getrusage(RUSAGE_SELF, &u);
	double cpu = (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) + (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
	printf("{\"messages\":%llu,\"seconds\":%.6f,\"p50_ns\":%.0f,\"p99_ns\":%.0f,\"cpu_seconds\":%.6f,\"max_rss_kb\":%ld}\n",
		(unsigned long long)total, seconds, percentile(all, total, .5), percentile(all, total, .99), cpu, u.ru_maxrss);
}

static int load(int port, int threads, int connections, size_t size, double seconds) {
	struct worker *ws = calloc((size_t)threads, sizeof *ws);
	char *message = malloc(size);
	memset(message, 'x', size);
	for (int t = 0; t < threads; t++) {
		ws[t].count = connections / threads + (t < connections % threads);
		ws[t].message = message, ws[t].size = size;
		open_all(&ws[t], port);
	}
	int64_t start = now_ns();
	for (int t = 0; t < threads; t++) {
		ws[t].deadline = start + (int64_t)(seconds * 1e9);
		if (pthread_create(&ws[t].thread, NULL, load_thread, &ws[t]) != 0)
			fail("pthread_create");
	}
	for (int t = 0; t < threads; t++)
		pthread_join(ws[t].thread, NULL);
	report(ws, threads, (double)(now_ns() - start) / 1e9);
	return 0;
}

int main(int argc, char **argv) {
	raise_file_limit();
	if (argc >= 4 && strcmp(argv[1], "serve") == 0) {
		if (argc > 4) // in case the parent is killed
			alarm((unsigned)atoi(argv[4]));
		serve(atoi(argv[2]), atoi(argv[3]));
	}
	if (argc == 7 && strcmp(argv[1], "load") == 0 && atoi(argv[3]) > 0 && atoi(argv[5]) > 0)
		return load(atoi(argv[2]), atoi(argv[3]), atoi(argv[4]), (size_t)atoi(argv[5]), atof(argv[6]));
	fprintf(stderr, "floor serve PORT THREADS [LIFE] | floor load PORT THREADS CONNECTIONS SIZE SECONDS\n");
	return 2;
}
