package server_test

import (
	"strings"
	"testing"

	"rtbench/server"
)

// mqttPacket returns a packet of a type, with flags, shorter than 128 bytes.
func mqttPacket(first byte, body string) string {
	return string([]byte{first, byte(len(body))}) + body
}

// mqttConnect returns CONNECT of a version with properties, and a client identifier of the server's choice.
func mqttConnect(version byte, properties string) string {
	body := "\x00\x04MQTT" + string([]byte{version, 2}) + "\x00\x00"
	if version == 5 {
		body += string([]byte{byte(len(properties))}) + properties
	}
	return mqttPacket(0x10, body+"\x00\x00")
}

// mqttCall returns the property with a call.
func mqttCall(call string) string {
	return "\x26\x00\x04call" + string([]byte{0, byte(len(call))}) + call
}

// Clients that break the rules of MQTT are disconnected, and an older version is that of an ordinary broker.
func TestHostileMQTT(t *testing.T) {
	t.Parallel()
	s := start(t, server.Config{})
	valid := mqttConnect(5, "")
	survive(t, s, func(t *testing.T) {
		run(t, s, "mqtt", map[string]hostile{
			"no CONNECT":            {mqttPacket(0x30, "\x00\x01abc"), ""},
			"another protocol":      {"GET / HTTP/1.1\r\n\r\n", ""},
			"a long packet":         {"\x10\xff\xff\xff\x7f", ""},
			"an endless length":     {"\x10\xff\xff\xff\xff\xff\xff\xff", ""},
			"half a packet":         {cut + valid[:8], ""},
			"nothing":               {cut, ""},
			"CONNECT twice":         {valid + valid, "\xe0"}, // DISCONNECT
			"an unknown type":       {valid + "\x00\x00", anything},
			"a property too long":   {mqttPacket(0x10, "\x00\x04MQTT\x05\x02\x00\x00\x7f\x26\x00\xff"), anything},
			"a topic of no bytes":   {valid + mqttPacket(0x30, "\x00\x00\x00x"), "\xe0"},
			"a wildcard in a topic": {cut + valid + mqttPacket(0x30, "\x00\x01#\x00x"), anything},
			"half a message":        {cut + valid + "\x30\x7f\x00", anything},
			"SUBSCRIBE to nothing":  {valid + mqttPacket(0x82, "\x00\x01\x00"), "\xe0"},
			"an invalid call":       {mqttConnect(5, mqttCall("pattern=song")), "song"},
			"messages before a call begins": {
				cut + mqttConnect(5, mqttCall("pattern=echo")) + mqttPacket(0x30, "\x00\x01a\x00x"), anything,
			},
			"version 3.1.1": {cut + mqttConnect(4, ""), "\x20\x02\x00\x00"},
			"version 9":     {mqttConnect(9, ""), anything},
		})
	})
}

// A long topic does not count as the message.
func TestLongTopicOverMQTT(t *testing.T) {
	t.Parallel()
	s := start(t, server.Config{})
	topic := strings.Repeat("t", 60_000)
	nc := raw(t, s, "mqtt")
	_, _ = nc.Write([]byte(mqttConnect(5, "")))
	subscribe := "\x00\x01\x00" + string([]byte{byte(len(topic) >> 8), byte(len(topic) & 0xff)}) + topic + "\x00"
	_, _ = nc.Write([]byte("\x82" + varint(len(subscribe)) + subscribe))
	message := subscribe[3:len(subscribe)-1] + "\x00" + "the message"
	_, _ = nc.Write([]byte("\x30" + varint(len(message)) + message))
	if got, err := until(nc, "the message"); err != nil {
		t.Errorf("%d bytes, %v", len(got), err)
	}
}

// varint returns a Variable Byte Integer.
func varint(n int) string {
	var b []byte
	for ; n >= 128; n /= 128 {
		b = append(b, byte(n%128)|128)
	}
	return string(append(b, byte(n)))
}
