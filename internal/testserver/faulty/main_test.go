package faulty

import (
	"flag"
	"io"
	"log"
	"os"
	"testing"

	"go.uber.org/goleak"
	"google.golang.org/grpc/grpclog"
)

// Most servers here wait most of the time: many more can than there are cores.
func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", "24"); err != nil {
		os.Exit(2)
	}
	log.SetOutput(io.Discard) // net/http notes what came before it asked
	grpclog.SetLoggerV2(grpclog.NewLoggerV2(io.Discard, io.Discard, io.Discard))
	goleak.VerifyTestMain(m)
}
