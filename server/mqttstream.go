package server

import (
	"io"
	"sync"

	mqtt "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/packets"

	"rtbench/proto"
)

// An mqttStream sends a call's messages to its client. The library writes each packet at once.
type mqttStream struct {
	undriven
	client *mqtt.Client
	name   string
	call   request

	// Of the goroutine that reads the connection.
	handler *exchange // nil until the client has subscribed
	over    bool      // the handler knows of the end

	sending sync.Mutex
	ended   bool // CloseSend was called
}

// end tells the handler that the client's messages have ended.
func (st *mqttStream) end(err error) {
	st.over = true
	st.handler.Ended(err)
}

// leave ends a stream whose connection has ended: with DISCONNECT if err is nil.
func (st *mqttStream) leave(err error) {
	if st.handler == nil {
		return
	}
	if !st.over {
		if err == nil {
			err = io.EOF
		} else {
			err = io.ErrUnexpectedEOF
		}
		st.end(err)
	}
	st.handler.wait()
}

func (st *mqttStream) Send(p []byte) error { return st.send(proto.MQTTFromServer, p, false) }

func (st *mqttStream) send(topic string, p []byte, last bool) error {
	st.sending.Lock()
	defer st.sending.Unlock()
	if st.ended {
		return io.ErrClosedPipe
	}
	st.ended = last
	return st.client.WritePacket(packets.Packet{FixedHeader: packets.FixedHeader{Type: packets.Publish}, TopicName: topic, Payload: p})
}

// CloseSend implements stream.
func (st *mqttStream) CloseSend() error { return st.send(proto.MQTTEnd, nil, true) }

// CloseSent implements stream. Messages are written when they are sent.
func (st *mqttStream) CloseSent() error { return st.Close() }

func (st *mqttStream) Close() error {
	st.client.Stop(nil)
	return nil
}

func (st *mqttStream) kind() string { return st.name }

func (st *mqttStream) encodeShared(into *sharedMessage, p []byte) error {
	into.bytes = append(into.bytes[:0], p...)
	return nil
}

func (st *mqttStream) sendShared(p *sharedMessage) error { return st.Send(p.bytes) }
