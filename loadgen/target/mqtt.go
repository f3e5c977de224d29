package target

import (
	"rtbench/loadgen/driver"
	"rtbench/scenarios"
	"rtbench/scenarios/template"
)

// setMQTT compiles topics and credentials. A stream that is opened again has the same.
func (b *scriptBuilder) setMQTT(e *scenarios.Endpoint) error {
	m := e.MQTT
	publish, subscribe := b.scenario.Topics(e)
	texts := append([]string{publish, m.ClientID, m.User, m.Password}, subscribe...)
	formats := make([]template.Format, len(texts))
	for i, text := range texts {
		f, err := b.compile(text, "target.mqtt", "")
		if err != nil {
			return err
		}
		formats[i] = f
	}
	if b.rows != nil {
		b.server.collectRowSecrets(b.rows, []scenarios.Step{{Do: "authenticate", Text: m.Password}})
	}
	b.server.mqtt = func(user, room int) driver.MQTT {
		v := &template.Values{Stream: uint32(user), Room: uint32(room), Row: uint64(user)}
		all := make([]string, len(formats))
		for i, f := range formats {
			all[i] = string(f.Append(nil, v))
		}
		return driver.MQTT{
			Publish: all[0], ClientID: all[1], User: all[2], Password: all[3], Subscribe: all[4:], QoS: byte(m.QoS), Session: m.Session,
		}
	}
	return nil
}
