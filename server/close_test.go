package server

import (
	"testing"

	"rtbench/proto"
)

// A lateTask reports whether it fired before it ended.
type lateTask struct {
	fired bool
	ended chan struct{}
}

func (t *lateTask) Fire(int64) bool { t.fired = true; return true }
func (t *lateTask) Done()           { close(t.ended) }

// A stream that is still starting when the server closes ends at once, and leaves no thread behind.
func TestMetronomeOfAClosedServer(t *testing.T) {
	s, err := Start(Config{})
	if err != nil {
		t.Fatal(err)
	}
	s.Close()
	task := &lateTask{ended: make(chan struct{})}
	s.metronome(proto.Call{}).At(0, task)
	<-task.ended
	if task.fired {
		t.Error("the metronome of a closed server runs")
	}
}
