package scenarios_test

import (
	"testing"

	"rtbench/scenarios"
)

func BenchmarkParse(b *testing.B) {
	for _, name := range []string{"echo", "rooms"} {
		text, _ := scenarios.Builtin(name)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := scenarios.Parse(name, text); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
