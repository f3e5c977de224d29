package http2

import (
	"encoding/binary"
	"errors"
	"io"

	"golang.org/x/net/http2"
)

// A receiver adapts a Conn to eventloop.Receiver.
type receiver Conn

func (r *receiver) Receive(in []byte, at int64) (used int, err error) {
	return (*Conn)(r).receive(in, at)
}

// AtEOF implements eventloop.Receiver. A stream never ends cleanly with its connection.
func (r *receiver) AtEOF(int) error { return io.ErrUnexpectedEOF }

func (r *receiver) Ended(err error) { (*Conn)(r).endDriven(err) }

// receive handles all complete frames.
func (c *Conn) receive(in []byte, at int64) (used int, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.receiving = true
	c.batch++
	used = c.readPreface(in)
	for c.prefaceRead && c.err == nil && (!c.settingsOnly || !c.settingsRead) {
		f, n, err := nextFrame(in[used:])
		if n > 0 {
			err = c.handleFrame(f, at)
		}
		if err != nil {
			c.handleViolation(err)
		}
		if n == 0 {
			break
		}
		used += n
	}
	c.receiving = false
	c.flushReceived()
	if c.err != nil {
		return len(in), nil // ignore the rest
	}
	return used, nil
}

func (c *Conn) handleViolation(err error) {
	if v := new(violation); errors.As(err, &v) {
		if !c.settingsRead {
			v = newViolation(v.code, notHTTP2)
		}
		c.abort(v)
	}
}

func (c *Conn) handleFrame(f frame, at int64) error {
	if c.block.stream != 0 && (f.kind != http2.FrameContinuation || f.stream != c.block.stream) {
		return newViolation(http2.ErrCodeProtocol, "frame inside a header block")
	}
	if !c.settingsRead && (f.kind != http2.FrameSettings || f.flags.Has(flagAck)) {
		return newViolation(http2.ErrCodeProtocol, "") // handleViolation sets the reason
	}
	if f.kind != http2.FramePing {
		c.frames++
	}
	switch f.kind {
	case http2.FrameData:
		return c.handleData(f, at)
	case http2.FrameHeaders:
		return c.handleHeaders(f)
	case http2.FrameContinuation:
		if c.block.stream == 0 {
			return newViolation(http2.ErrCodeProtocol, "CONTINUATION without HEADERS")
		}
		return c.handleHeaders(f)
	case http2.FrameRSTStream:
		return c.handleReset(f)
	case http2.FrameWindowUpdate:
		return c.handleWindowUpdate(f)
	case http2.FrameSettings, http2.FramePing, http2.FrameGoAway:
		return c.handleControl(f)
	case http2.FramePushPromise:
		return newViolation(http2.ErrCodeProtocol, "PUSH_PROMISE although push is disabled")
	case http2.FramePriority:
		return f.checkPriority()
	}
	return nil // unknown types are ignored
}

// handleControl handles frames of the connection.
func (c *Conn) handleControl(f frame) error {
	if f.stream != 0 {
		return newViolation(http2.ErrCodeProtocol, "connection frame on a stream")
	}
	switch f.kind {
	case http2.FrameSettings:
		return c.handleSettings(f)
	case http2.FramePing:
		return c.handlePing(f)
	default:
		return c.handleGoAway(f)
	}
}

// reply acknowledges a frame.
func (c *Conn) reply(kind http2.FrameType, payload []byte) {
	c.out = appendFrame(c.out, kind, flagAck, 0, payload)
	c.replies += frameHeaderLen + len(payload)
}

func (c *Conn) handleSettings(f frame) error {
	p := f.payload
	switch {
	case f.flags.Has(flagAck) && len(p) > 0:
		return newViolation(http2.ErrCodeFrameSize, "SETTINGS acknowledgement with settings")
	case f.flags.Has(flagAck):
		return nil // no setting waits for it
	case len(p)%6 != 0:
		return newViolation(http2.ErrCodeFrameSize, "truncated SETTINGS")
	}
	before := c.peerWindow
	for ; len(p) > 0; p = p[6:] {
		if err := c.applySetting(http2.SettingID(binary.BigEndian.Uint16(p)), binary.BigEndian.Uint32(p[2:])); err != nil {
			return err
		}
	}
	c.reply(http2.FrameSettings, nil)
	c.settingsRead = true
	c.changed.Broadcast()
	if c.peerWindow > before && len(c.blocked) > 0 { // after the acknowledgement
		c.resumeBlocked()
		return c.countExcess()
	}
	return nil
}

func (c *Conn) applySetting(id http2.SettingID, n uint32) error {
	switch id {
	case http2.SettingHeaderTableSize:
		c.encoder.SetMaxDynamicTableSize(min(n, maxTable))
	case http2.SettingEnablePush:
		if n > 1 {
			return newViolation(http2.ErrCodeProtocol, "invalid SETTINGS_ENABLE_PUSH")
		}
	case http2.SettingEnableConnectProtocol:
		if n > 1 || c.peerConnects && n == 0 {
			return newViolation(http2.ErrCodeProtocol, "invalid SETTINGS_ENABLE_CONNECT_PROTOCOL")
		}
		c.peerConnects = n == 1
	case http2.SettingMaxConcurrentStreams:
		c.peerLimit = int64(n)
	case http2.SettingInitialWindowSize:
		return c.setInitialWindow(n)
	case http2.SettingMaxFrameSize:
		if n < maxFrame || n > 1<<24-1 {
			return newViolation(http2.ErrCodeProtocol, "invalid SETTINGS_MAX_FRAME_SIZE")
		}
		c.peerFrame = int(min(n, 256<<10)) // longer frames only delay the other streams
	}
	return nil
}
