package mqtt

import (
	"context"

	"github.com/eclipse/paho.golang/paho"

	"rtbench/loadgen/driver"
)

// enter connects, and subscribes unless the server has resumed a session with subscriptions. It returns the lowest QoS granted.
func (st *stream) enter(ctx context.Context, hello *paho.Connect) (granted byte, err error) {
	ack, err := st.client.Connect(ctx, hello)
	if err != nil {
		return 0, connectError(ack, st.nc, err)
	}
	st.entered = true
	defer func() { st.session.session.subscribed.Store(err == nil) }()
	m := st.endpoint.MQTT
	if most := ack.Properties.MaximumQoS; most != nil && *most < m.QoS {
		return 0, driver.Refuse(class(0x9B), "it accepts messages with QoS %d at most (CONNACK), and the scenario has QoS %d", *most, m.QoS)
	}
	if len(m.Subscribe) == 0 || ack.SessionPresent {
		return m.QoS, nil
	}
	return st.subscribe(ctx)
}

// retained asks the server not to send messages that were published before (MQTT 5, section 3.8.3.1).
const retained = 2

func (st *stream) subscribe(ctx context.Context) (granted byte, err error) {
	p := &paho.Subscribe{}
	for _, filter := range st.endpoint.MQTT.Subscribe {
		p.Subscriptions = append(p.Subscriptions, paho.SubscribeOptions{Topic: filter, QoS: st.endpoint.MQTT.QoS, RetainHandling: retained})
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() { // the library waits for SUBACK even if the connection has ended
		select {
		case <-st.over:
			cancel()
		case <-ctx.Done():
		}
	}()
	ack, err := st.client.Subscribe(ctx, p)
	granted = st.endpoint.MQTT.QoS
	if ack != nil {
		for i, code := range ack.Reasons {
			if code >= failure {
				text := ""
				if ack.Properties != nil {
					text = ack.Properties.ReasonString
				}
				return 0, refuse("the subscription to "+st.endpoint.MQTT.Subscribe[min(i, len(p.Subscriptions)-1)]+" (SUBACK)", code, text)
			}
			granted = min(granted, code)
		}
	}
	return granted, st.explain(err)
}
