package server

import (
	"context"

	"rtbench/proto/pace"
)

// An alarm is a pace.Task that wakes a goroutine at a given time: Go's timers are late by
// up to a millisecond.
type alarm struct {
	pacer *pace.Metronome
	rang  chan struct{}
}

func (a *alarm) Fire(int64) bool {
	a.rang <- struct{}{}
	return false
}

func (a *alarm) Done() {}

// wait returns true at due, or false if ctx has ended; the alarm cannot be used
// afterwards.
func (a *alarm) wait(ctx context.Context, due int64) bool {
	a.pacer.At(due, a)
	select {
	case <-a.rang:
		return true
	case <-ctx.Done():
		a.pacer.Remove(a)
		return false
	}
}
