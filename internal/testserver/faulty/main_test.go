package faulty

import (
	"io"
	"log"
	"testing"

	"go.uber.org/goleak"
	"google.golang.org/grpc/grpclog"

	"rtbench/internal/testrun"
)

// The servers mostly wait, so many more tests than cores run at a time.
func TestMain(m *testing.M) {
	testrun.Parallel(24)
	log.SetOutput(io.Discard) // net/http logs unsolicited bytes
	grpclog.SetLoggerV2(grpclog.NewLoggerV2(io.Discard, io.Discard, io.Discard))
	goleak.VerifyTestMain(m)
}
