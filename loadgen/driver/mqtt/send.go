package mqtt

import (
	"context"
	"time"

	"github.com/eclipse/paho.golang/paho"

	"rtbench/loadgen/driver"
	"rtbench/proto/eventloop"
)

// Send publishes a message. With QoS 1 and 2 it does not wait for the acknowledgement, unless the server has as many
// to send as it takes at once (Receive Maximum).
func (st *stream) Send(p []byte) error {
	if st.sentLast {
		return eventloop.ErrSendAfterEnd
	}
	if st.message.Topic == "" {
		return driver.ErrReceiveOnly
	}
	return st.publish(p)
}

// Writable is a driver.Stream's. After the end of the stream it is true: Send fails at once.
func (st *stream) Writable() bool {
	select {
	case <-st.over:
		return true
	case <-st.closed:
		return true
	default:
		return (st.message.QoS == 0 || st.session.ready()) && st.space.Writable()
	}
}

func (st *stream) publish(p []byte) error {
	st.message.Payload = p
	_, err := st.client.PublishWithOptions(context.Background(), &st.message, paho.PublishOptions{Method: paho.PublishMethod_AsyncSend})
	if failed := st.nc.failed(); failed != nil {
		return failed
	}
	return st.explain(err)
}

// CloseSend publishes the end of the messages to a reference server. Otherwise MQTT has none: it waits until the server
// has acknowledged all messages, because one with QoS 2 may be delivered only then, or until the stream ends.
func (st *stream) CloseSend() error {
	if st.sentLast {
		return nil
	}
	st.sentLast = true
	if st.message.Topic = st.endpoint.MQTT.End; st.message.Topic == "" {
		st.settle()
		return nil
	}
	return st.publish(nil)
}

// settleTimeout bounds the wait for acknowledgements in CloseSend.
const settleTimeout = time.Second

func (st *stream) settle() {
	limit := time.NewTimer(settleTimeout)
	defer limit.Stop()
	for st.session.session.unacknowledged.Load() > 0 {
		select {
		case <-st.session.settled:
		case <-st.over:
			return
		case <-st.closed:
			return
		case <-limit.C:
			return
		}
	}
}
