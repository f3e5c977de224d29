//go:build linux

package acceptance

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	_ "net/http/pprof"
	"os"
	"time"
)

// serveHot is a Go server that returns each line after some work: hotserver ADDRESS PPROF first|second. The work is in a
// function of that name, and its profiles are at the address PPROF.
func serveHot() {
	l, err := net.Listen("tcp", os.Args[1])
	if err == nil && os.Args[2] != "" {
		go func() { fmt.Fprintln(os.Stderr, http.ListenAndServe(os.Args[2], nil)) }()
	}
	for err == nil {
		var c net.Conn
		if c, err = l.Accept(); err == nil {
			go answerHot(c, map[string]func() uint64{"first": hotFirst, "second": hotSecond}[os.Args[3]])
		}
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

func answerHot(c net.Conn, work func() uint64) {
	defer c.Close()
	for lines := bufio.NewReader(c); ; {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return
		}
		hotResult += work()
		if _, err := c.Write(line); err != nil {
			return
		}
	}
}

var hotResult uint64

// hotFirst and hotSecond do the same work.
//
//go:noinline
func hotFirst() (sum uint64) {
	for begin := time.Now(); time.Since(begin) < 3*time.Millisecond; {
		for i := range uint64(20_000) {
			sum = sum*31 + i
		}
	}
	return sum
}

//go:noinline
func hotSecond() (sum uint64) {
	for begin := time.Now(); time.Since(begin) < 3*time.Millisecond; {
		for i := range uint64(20_000) {
			sum = sum*33 + i
		}
	}
	return sum
}
