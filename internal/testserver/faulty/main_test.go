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

// The servers mostly wait, so many more tests than cores run at a time.
func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", "24"); err != nil {
		os.Exit(2)
	}
	log.SetOutput(io.Discard) // net/http logs unsolicited bytes
	grpclog.SetLoggerV2(grpclog.NewLoggerV2(io.Discard, io.Discard, io.Discard))
	goleak.VerifyTestMain(m)
}
