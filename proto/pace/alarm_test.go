package pace_test

import (
	"testing"
	"time"

	"rtbench/internal/testrun"
	"rtbench/proto/clock"
	"rtbench/proto/pace"
)

// A bell is a task that is scheduled once at a time.
type bell struct{ rang chan int64 }

func (b bell) Fire(due int64) bool {
	b.rang <- due
	return true
}

func (b bell) Done() {}

// ring returns a function that schedules bells and waits for all.
func ring(tb testing.TB, m *pace.Metronome, bells int) func() {
	tb.Helper()
	b := bell{make(chan int64, bells)}
	return func() {
		now := clock.Now()
		for i := range bells {
			m.At(now+int64(i), b)
		}
		for range bells {
			if due := <-b.rang; due < now || due >= now+int64(bells) {
				tb.Fatalf("a bell that was due at %d to %d rang for %d", now, bells, due)
			}
		}
	}
}

// Alarms fire once each, at their due time, and take the memory of those before.
func TestAlarmsDoNotAllocate(t *testing.T) {
	if testrun.Raced {
		t.Skip("the race detector's instrumentation allocates")
	}
	m := pace.NewMetronome(0)
	defer m.Close()
	again := ring(t, m, 10)
	for range 100 { // as many entries as are ever scheduled or have just fired
		again()
	}
	if n := testing.AllocsPerRun(200, again); n != 0 {
		t.Errorf("%v allocations for 10 alarms, want 0", n)
	}
}

func BenchmarkAlarm(b *testing.B) {
	m := pace.NewMetronome(60 * time.Microsecond)
	defer m.Close()
	one := ring(b, m, 1)
	for range 100 {
		one()
	}
	b.ReportAllocs()
	for b.Loop() {
		one()
	}
}
