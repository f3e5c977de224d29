package session

import (
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"rtbench/loadgen/driver"
	"rtbench/proto/clock"
	"rtbench/proto/record"
	"rtbench/report/result"
	"rtbench/scenarios/cell"
)

// Storms record the effect of events on a group's streams, and how they come back. A nil *storms records nothing.
type storms struct {
	mu   sync.Mutex
	list []*storm
}

// A storm is one event.
type storm struct {
	result.Storm
	at      int64
	planned bool  // an event of the scenario
	others  bool  // a command, a restart or a partition, because of which the server may end streams
	running bool  // the command or the restart
	until   int64 // the end of the partition
	away    int
	backAt  int64 // the last time at which a stream came back
	back    *hdrhistogram.Histogram
}

const (
	// mostStorms and mostSlots bound the result. Later events count in the last.
	mostStorms = 50
	mostSlots  = 6000
)

// begin notes an event that was due at a time, and concerns the group or not.
func (s *storms) begin(e cell.Event, at int64, concerned bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o := s.add(e.String(), true)
	o.running = e.ByOthers()
	if o.others = o.running; e.Partition > 0 && concerned {
		o.others, o.at, o.until = true, at, at+int64(e.Partition)
		o.Partition = &result.Partition{Length: e.Partition}
	}
}

// done notes that the command of the last event has ended, or that it has restarted the server.
func (s *storms) done(r *result.Restart) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o := s.list[len(s.list)-1]
	o.running, o.Restart = false, r
}

// add adds an event. The caller holds s.mu.
func (s *storms) add(event string, planned bool) *storm {
	n := len(s.list)
	if n == mostStorms {
		return s.list[n-1]
	}
	s.list = append(s.list, &storm{Storm: result.Storm{Event: event}, at: clock.Now(), planned: planned, back: record.NewHistogram()})
	return s.list[n]
}

// ended counts the end of a stream, which rtbench cut or which has a class, and returns its event. planned reports
// whether that is one of the scenario.
func (s *storms) ended(cut bool, class string, now int64) (of *storm, planned bool) {
	if s == nil {
		return nil, false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := len(s.list); n > 0 && (cut || s.list[n-1].takes(now)) {
		of = s.list[n-1]
	} else {
		of = s.add("", false)
	}
	of.Cut++
	of.away++
	of.slot(now).Cut++
	if of.planned && !cut {
		countClass(&of.Ended, class, 1)
	}
	return of, of.planned
}

// mayEnd reports whether the server may end streams now because of an event of the scenario.
func (s *storms) mayEnd(now int64) bool {
	if s == nil {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	n := len(s.list)
	return n > 0 && s.list[n-1].planned && s.list[n-1].takes(now)
}

// takes reports whether a stream that the server ends now belongs to the event.
func (o *storm) takes(now int64) bool {
	recent := o.away > 0 || now-max(o.at, o.backAt, o.until) < int64(result.StormPause)
	return recent && !o.planned || o.others && (o.running || o.Cut == 0 || recent)
}

// slot returns the slot of a time.
func (o *storm) slot(now int64) *result.StormSlot {
	i := min(mostSlots-1, int(max(0, now-o.at)/int64(result.StormSlotLength)))
	for len(o.Slots) <= i {
		o.Slots = append(o.Slots, result.StormSlot{})
	}
	return &o.Slots[i]
}

// attempted counts the beginning of an attempt to open a stream again.
func (s *storms) attempted(o *storm) {
	if o == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	o.Attempts++
	o.slot(clock.Now()).Attempts++
}

// refused counts an attempt that failed, and reports whether it belongs to an event of the scenario.
func (s *storms) refused(o *storm, err error) (planned bool) {
	if o == nil {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	countClass(&o.Refused, driver.Class(err), 1)
	o.slot(clock.Now()).Refused++
	return o.planned
}

// returned counts a stream that is open again.
func (s *storms) returned(o *storm) {
	if o == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := clock.Now()
	note(o.back, now-o.at)
	o.away--
	o.backAt = now
	o.slot(now).Back++
}

// gaveUp counts a stream that is not opened again.
func (s *storms) gaveUp(o *storm) {
	if o == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	o.GaveUp++
	o.away--
}

// results returns the events, which count from the beginning of the steady phase.
func (s *storms) results(from int64) (list []result.Storm) {
	if s == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, o := range s.list {
		r := o.Storm
		r.At = time.Duration(o.at - from)
		if o.back.TotalCount() > 0 {
			r.Back = result.Wrap(o.back)
		}
		list = append(list, r)
	}
	return list
}
