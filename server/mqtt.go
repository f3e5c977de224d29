package server

import (
	"errors"
	"io"
	"log/slog" //nolint:depguard // the library logs to standard output without one that discards
	"net"
	"time"

	mqtt "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/packets"

	"rtbench/proto"
	"rtbench/proto/clock"
)

// mqttService serves MQTT 5 with mochi-mqtt. A client whose CONNECT has a call is a stream: it begins when the client
// has subscribed, and its messages are handled here. Other clients have an ordinary broker, without authentication.
type mqttService struct {
	mqtt.HookBase
	server *Server
	broker *mqtt.Server
}

// Limits of the broker.
const (
	// mqttQueue is the number of messages that wait for a client of the broker. The library allocates as much for
	// each connection.
	mqttQueue = queueLength
	// mqttOverhead is what a packet has besides its message, in bytes: topic and properties, or a call.
	mqttOverhead = 64 << 10
	// mqttStatistics is the interval of messages on the broker's load, in seconds. Each one stops the program.
	mqttStatistics = 24 * 60 * 60
)

func serveMQTT(s *Server, l net.Listener) (stop func()) {
	sv := &mqttService{server: s, broker: newBroker()}
	_ = sv.broker.AddHook(sv, nil) // fails if Init does
	_ = sv.broker.Serve()          // fails if a listener or a store does; there is none
	shut := s.serveConns(s.secure(l), sv.open)
	return func() {
		shut()
		_ = sv.broker.Close()
	}
}

func newBroker() *mqtt.Server {
	limits := mqtt.NewDefaultServerCapabilities()
	limits.MaximumClientWritesPending, limits.MaximumPacketSize = mqttQueue, proto.MaxSize+mqttOverhead
	return mqtt.New(&mqtt.Options{Capabilities: limits, Logger: slog.New(slog.DiscardHandler), SysTopicResendInterval: mqttStatistics})
}

// An mqttConn is a connection and its stream, if it is one.
type mqttConn struct {
	net.Conn
	stream *mqttStream
}

func (sv *mqttService) open(nc net.Conn) (serve func()) {
	return func() {
		c := &mqttConn{Conn: nc}
		_ = nc.SetReadDeadline(time.Now().Add(sv.server.cfg.HandshakeTimeout)) // for CONNECT
		err := sv.broker.EstablishConnection("mqtt", c)
		if c.stream != nil {
			c.stream.leave(err)
		}
	}
}

// streamOf returns the stream of a client; nil if it has none.
func streamOf(cl *mqtt.Client) *mqttStream {
	if c, ok := cl.Net.Conn.(*mqttConn); ok {
		return c.stream
	}
	return nil
}

// ID implements mqtt.Hook.
func (sv *mqttService) ID() string { return "rtbench" }

// Provides implements mqtt.Hook.
func (sv *mqttService) Provides(hook byte) bool {
	switch hook {
	case mqtt.OnConnect, mqtt.OnConnectAuthenticate, mqtt.OnACLCheck, mqtt.OnPublish, mqtt.OnPacketProcessed:
		return true
	}
	return false
}

// OnConnectAuthenticate implements mqtt.Hook.
func (sv *mqttService) OnConnectAuthenticate(*mqtt.Client, packets.Packet) bool { return true }

// OnACLCheck implements mqtt.Hook.
func (sv *mqttService) OnACLCheck(*mqtt.Client, string, bool) bool { return true }

// OnConnect implements mqtt.Hook. The library sends no CONNACK after an error.
func (sv *mqttService) OnConnect(cl *mqtt.Client, p packets.Packet) error {
	for _, property := range p.Properties.User {
		if property.Key != proto.MQTTCall {
			continue
		}
		call, err := sv.server.parseRequest(property.Val)
		if err != nil {
			return errors.Join(err, sv.broker.SendConnack(cl, mqttRefusal(err), false, nil))
		}
		if c, ok := cl.Net.Conn.(*mqttConn); ok {
			c.stream = &mqttStream{client: cl, name: framedKind("mqtt", call), call: call}
		}
	}
	return nil
}

// mqttRefusal returns the reason that refuses a call.
func mqttRefusal(err error) packets.Code {
	code := packets.ErrImplementationSpecificError.Code
	if errors.Is(err, errRefused) {
		code = packets.ErrServerBusy.Code
	}
	return packets.Code{Code: code, Reason: err.Error()}
}

// OnPacketProcessed implements mqtt.Hook. A stream begins after SUBACK.
func (sv *mqttService) OnPacketProcessed(cl *mqtt.Client, p packets.Packet, err error) {
	if p.FixedHeader.Type != packets.Subscribe || err != nil {
		return
	}
	if st := streamOf(cl); st != nil && st.handler == nil {
		st.handler = sv.server.serve(st.call, st)
	}
}

// OnPublish implements mqtt.Hook. The broker does not route the messages of streams.
func (sv *mqttService) OnPublish(cl *mqtt.Client, p packets.Packet) (packets.Packet, error) {
	st := streamOf(cl)
	if st == nil {
		return p, nil
	}
	p.Ignore = true
	switch {
	case st.handler == nil || st.over:
	case p.TopicName == proto.MQTTEnd:
		st.end(io.EOF)
	default:
		st.handler.Message(p.Payload, clock.Now())
	}
	return p, nil
}
