package html

import (
	"io"
	"testing"

	"rtbench/report/result"
)

// BenchmarkWrite renders a result like that of the default suite: 16 cells with 7 repetitions of 4,000
// messages each.
func BenchmarkWrite(b *testing.B) {
	m := madeUp{[]string{"tcp", "websocket", "sse", "grpc"}, []string{"echo", "push", "upload", "fanout"}, 7, 10, 400}
	named := []result.Named{{Dir: "a", Result: m.result(b)}}
	for b.Loop() {
		if err := Write(io.Discard, named, nil); err != nil {
			b.Fatal(err)
		}
	}
}
