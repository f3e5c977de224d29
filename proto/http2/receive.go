package http2

import (
	"encoding/binary"
	"errors"
	"io"

	"golang.org/x/net/http2"
)

// A receiver is a Conn as the eventloop.Receiver of its socket.
type receiver Conn

// Receive implements eventloop.Receiver.
func (r *receiver) Receive(in []byte, at int64) (used int, err error) {
	return (*Conn)(r).receive(in, at)
}

// AtEOF implements eventloop.Receiver: no stream ends with its connection.
func (r *receiver) AtEOF(int) error { return io.ErrUnexpectedEOF }

// Ended implements eventloop.Receiver.
func (r *receiver) Ended(err error) { (*Conn)(r).ended(err) }

// receive takes all whole frames.
func (s *Conn) receive(in []byte, at int64) (used int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.taking = true
	for s.err == nil {
		f, n, err := nextFrame(in[used:])
		if n > 0 {
			err = s.takeFrame(f, at)
		}
		if err != nil {
			s.violated(err)
		}
		if n == 0 {
			break
		}
		used += n
	}
	s.taking = false
	s.flush()
	if s.err != nil {
		return len(in), nil // what still comes is nobody's
	}
	return used, nil
}

func (s *Conn) violated(err error) {
	if v := new(violation); errors.As(err, &v) {
		if !s.settled {
			v.reason = notHTTP2
		}
		s.abort(v)
	}
}

// ended ends the connection and tells the handlers of its streams.
func (s *Conn) ended(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fail(err)
	streams := make([]*Stream, 0, len(s.streams))
	for _, st := range s.streams {
		streams = append(streams, st)
	}
	for _, st := range streams {
		s.tell(st)
	}
}

func (s *Conn) takeFrame(f frame, at int64) error {
	if s.block.stream != 0 && (f.kind != http2.FrameContinuation || f.stream != s.block.stream) {
		return broke(http2.ErrCodeProtocol, "a frame in the middle of a header")
	}
	if !s.settled && (f.kind != http2.FrameSettings || f.flags.Has(flagAck)) {
		return broke(http2.ErrCodeProtocol, "") // violated has the words
	}
	switch f.kind {
	case http2.FrameData:
		return s.data(f, at)
	case http2.FrameHeaders:
		return s.takeHeaders(f)
	case http2.FrameContinuation:
		if s.block.stream == 0 {
			return broke(http2.ErrCodeProtocol, "CONTINUATION of nothing")
		}
		return s.takeHeaders(f)
	case http2.FrameRSTStream:
		return s.wasReset(f)
	case http2.FrameWindowUpdate:
		return s.widen(f)
	case http2.FrameSettings, http2.FramePing, http2.FrameGoAway:
		return s.control(f)
	case http2.FramePushPromise:
		return broke(http2.ErrCodeProtocol, "it pushes, and was told not to")
	}
	return nil // a priority, or what a later standard has
}

// control takes what concerns the connection.
func (s *Conn) control(f frame) error {
	if f.stream != 0 {
		return broke(http2.ErrCodeProtocol, "a frame of the connection on a stream")
	}
	switch f.kind {
	case http2.FrameSettings:
		return s.settings(f)
	case http2.FramePing:
		if len(f.payload) != 8 {
			return broke(http2.ErrCodeFrameSize, "a PING has not 8 bytes")
		}
		if !f.flags.Has(flagAck) {
			s.out = appendFrame(s.out, http2.FramePing, flagAck, 0, f.payload)
		}
	default:
		return s.goAway(f)
	}
	return nil
}

func (s *Conn) settings(f frame) error {
	p := f.payload
	if f.flags.Has(flagAck) {
		return nil // nothing of ours waits for it
	}
	if len(p)%6 != 0 {
		return broke(http2.ErrCodeFrameSize, "SETTINGS are cut short")
	}
	for ; len(p) > 0; p = p[6:] {
		if err := s.set(http2.SettingID(binary.BigEndian.Uint16(p)), binary.BigEndian.Uint32(p[2:])); err != nil {
			return err
		}
	}
	s.out = appendFrame(s.out, http2.FrameSettings, flagAck, 0, nil)
	s.settled = true
	s.room.Broadcast()
	return nil
}

func (s *Conn) set(id http2.SettingID, n uint32) error {
	switch id {
	case http2.SettingHeaderTableSize:
		s.encoder.SetMaxDynamicTableSize(min(n, maxTable))
	case http2.SettingMaxConcurrentStreams:
		s.peerLimit = int64(n)
	case http2.SettingInitialWindowSize:
		return s.resize(n)
	case http2.SettingMaxFrameSize:
		if n < maxFrame || n > 1<<24-1 {
			return broke(http2.ErrCodeProtocol, "a size of frames that there cannot be")
		}
		s.peerFrame = int(min(n, 256<<10)) // longer ones only hold up the other streams
	}
	return nil
}

// goAway takes the peer's word that it will take no more streams, and that it has not
// seen those above a number.
func (s *Conn) goAway(f frame) error {
	if len(f.payload) < 8 {
		return broke(http2.ErrCodeFrameSize, "a GOAWAY is cut short")
	}
	last, code := f.number()&highestStream, http2.ErrCode(binary.BigEndian.Uint32(f.payload[4:]))
	s.refusing = &GoAway{code}
	var unseen []*Stream
	for id, st := range s.streams {
		if id > last {
			unseen = append(unseen, st)
		}
	}
	for _, st := range unseen {
		s.finish(st, s.refusing)
		s.tell(st)
	}
	s.room.Broadcast()
	return nil
}

// number is the one that the payload begins with.
func (f frame) number() uint32 { return binary.BigEndian.Uint32(f.payload) }
