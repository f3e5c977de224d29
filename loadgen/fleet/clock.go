//go:build !nofleet

package fleet

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
)

// clockTimeout limits the wait for an answer with the time.
const clockTimeout = 2 * time.Second

var errNoTime = errors.New("the coordinator's answer is not a time")

// askTime returns the coordinator's time.
func askTime(nc *nats.Conn, run string) (int64, error) {
	m, err := nc.Request(subject(clockSubject, run), nil, clockTimeout)
	if err != nil {
		return 0, fmt.Errorf("reading the coordinator's clock: %w", err)
	}
	if len(m.Data) != 8 {
		return 0, errNoTime
	}
	return int64(binary.BigEndian.Uint64(m.Data)), nil
}

// tellTime answers with the time.
func tellTime(now func() int64) nats.MsgHandler {
	return func(m *nats.Msg) { _ = m.Respond(binary.BigEndian.AppendUint64(nil, uint64(now()))) }
}
