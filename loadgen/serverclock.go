package loadgen

import (
	"context"

	"rtbench/loadgen/target"
	"rtbench/proto/clock"
	"rtbench/report/result"
)

// A serverClock relates the clock of a repetition's server to this one, if it is another one.
type serverClock struct {
	*target.Clock // nil if the server shares this clock, or the times do not depend on it
	before        clock.Reading
	offset        *result.ClockOffset // from before the repetition to its end; nil until then
}

// readServerClock reads the server's clock, if it is another one that can be read.
func readServerClock(ctx context.Context, srv *target.Server, j *job) (k serverClock, err error) {
	if k.Clock = srv.ClockOf(j.cell); k.Clock != nil && k.Known() {
		k.before, err = k.Read(ctx)
	}
	return k, err
}

// readClock reads the server's clock before streams are opened. The plan of a share begins when it begins on
// the server's clock for all.
func (r *repetition) readClock(ctx context.Context) (err error) {
	if r.clock, err = readServerClock(ctx, r.server, &r.job); err != nil {
		return err
	}
	for _, g := range r.groups {
		if g.Ahead = r.clock.before.Offset; g.StartAt == 0 || !r.job.reference() {
			continue
		}
		g.StartAt = r.job.startOnServer - g.Ahead
		g.ConnectAt += g.StartAt - r.job.startAt
		if g.ClockShift != 0 {
			g.ClockShift += r.job.startAt - g.StartAt
		}
	}
	return nil
}

// compareClock reads the server's clock again, after the drain, if times or the start depend on it.
func (r *repetition) compareClock(ctx context.Context) {
	shared := r.job.share.Of > 1
	var oneWay []*result.Repetition
	for i, p := range r.job.parts() {
		if p.cell.AcrossClocks() {
			oneWay = append(oneWay, r.reps()[i])
		}
	}
	if r.clock.Clock == nil || len(oneWay) == 0 && !shared {
		return
	}
	offset := result.ClockOffset{Bound: -1}
	if r.clock.Known() {
		if after, err := r.clock.Read(ctx); err == nil {
			offset = result.OffsetOf(r.clock.before, after)
		}
	}
	r.clock.offset = &offset
	for _, rep := range oneWay {
		rep.ServerClock = &offset
	}
}
