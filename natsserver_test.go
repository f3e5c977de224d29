//go:build linux

package main

import (
	"fmt"
	"os"
	"os/signal"
	"strconv"

	"github.com/nats-io/nats-server/v2/server"
)

// serveNATS serves NATS with JetStream until SIGINT: natsserver PORT TOKEN DIR.
func serveNATS() {
	port, err := strconv.Atoi(os.Args[1])
	var s *server.Server
	if err == nil {
		s, err = server.NewServer(&server.Options{
			Host: "127.0.0.1", Port: port, Authorization: os.Args[2], JetStream: true, StoreDir: os.Args[3], NoLog: true, NoSigs: true,
		})
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	ended := make(chan os.Signal, 1)
	signal.Notify(ended, os.Interrupt)
	s.Start()
	<-ended
	s.Shutdown()
	s.WaitForShutdown()
}
