package target

import (
	"math/rand/v2"
	"sync/atomic"
	"time"

	"rtbench/loadgen/script"
	"rtbench/scenarios"
	"rtbench/scenarios/template"
)

// setRequest makes the first message open a call that only the server streams in.
func (b *scriptBuilder) setRequest(s *script.Script) {
	if len(s.Messages) == 0 {
		return
	}
	first := s.Messages[0]
	var calls atomic.Uint64
	b.server.request = func(share int) []byte {
		n := calls.Add(1) - 1
		v := &template.Values{
			Number: n, Stream: uint32(share), Row: uint64(share), Unix: time.Now().UnixNano(), Rand: newRand(s.Seed, n),
		}
		if s.RowPerMessage {
			v.Row = n
		}
		return first.Append(nil, v)
	}
}

// setBody compiles the body of the request for events. A reopened stream sends the same body.
func (b *scriptBuilder) setBody(e *scenarios.Endpoint) error {
	if e.Body == "" {
		return nil
	}
	f, err := b.format(e.Body, "target."+b.cell.Protocol+".body", "")
	if err != nil {
		return err
	}
	seed, now := uint64(b.cell.Seed), time.Now().UnixNano()
	b.server.body = func(share int) []byte {
		n := uint64(share)
		return f.Append(nil, &template.Values{Stream: uint32(share), Row: n, Unix: now, Rand: newRand(seed, n)})
	}
	return nil
}

func newRand(seed, n uint64) *rand.PCG { return rand.NewPCG(seed, n) }
