package scenarios

import (
	"cmp"
	"net/url"
	"slices"
	"strings"
	"time"

	"rtbench/proto"
	"rtbench/scenarios/spec"
	"rtbench/scenarios/template"
)

// MQTT configures connections over MQTT. Texts are templates that are constant on a stream.
type MQTT struct {
	Publish        string   // empty: the path of the URL
	Subscribe      []string // empty: the topic of Publish
	QoS            int
	ClientID       string // empty: one of rtbench's
	User, Password string
	Session        time.Duration // 0: none is kept
}

func (m *MQTT) keys() []spec.Key {
	return []spec.Key{
		{
			Name: "publish", Also: "publish_topic topic pub", Value: templateText(&m.Publish), Example: "'rooms/{{.Room}}'",
			Flag: spec.Flag{Name: "publish", Usage: "MQTT: `TOPIC` of messages (default: the path of the URL)"},
			Doc:  "Topic of sent messages, a template that is constant on a stream. Default: the path of the URL.",
		},
		{
			Name: "subscribe", Also: "subscribe_topic subscription subscriptions filter filters sub", Example: "['rooms/{{.Room}}/+', news]",
			Value: spec.Each(&m.Subscribe, "a topic filter such as rooms/+", templateText),
			Flag:  spec.Flag{Name: "topic", Usage: "MQTT: subscribe to topic `FILTER`; repeatable (default: the topic of --publish)", Repeat: true},
			Doc:   "Topic filters of received messages, templates as in publish. Messages that the broker retains are not asked for. Default: the topic of publish, from which a broker returns each message; with `match: none` none.",
		},
		{
			Name: "qos", Also: "quality quality_of_service", Value: spec.One(&m.QoS, spec.Integer(0, 2)), Default: "0", Example: "1",
			Flag: spec.Flag{Name: "qos", Usage: "MQTT: quality of service `QOS`: 0, 1 or 2"},
			Doc:  "Quality of service of messages in both directions: 0 (default, at most once), 1 (at least once) or 2 (exactly once). Acknowledgements are not responses: times are those of the messages.",
		},
		{
			Name: "client_id", Also: "clientid client id identifier", Value: templateText(&m.ClientID), Example: "'device-{{.Stream}}'",
			Doc: "Client identifier, a template as publish; each stream needs its own. Default: a random one for each stream of a run.",
		},
		{Name: "user", Also: "username user_name login", Value: templateText(&m.User), Example: "'{{.Row.name}}'", Doc: "User name, a template as publish."},
		{
			Name: "password", Also: "pass passwd secret", Value: templateText(&m.Password), Literal: refuseLogin, Secret: true, Example: "'{{.Row.password}}'",
			Doc: "Password, a template as publish, from a variable or rows. bearer gives one that is read again for each connection.",
		},
		{
			Name: "session", Also: "session_expiry session_expiry_interval clean_start cleanstart clean persistent", Value: spec.One(&m.Session, spec.Duration(time.Second)), Example: "5m",
			Doc: "How long the broker keeps the subscriptions and messages of a stream that breaks (Session Expiry Interval): the stream that is opened again resumes them. Default: none, each connection starts clean, as the first of a run always does.",
		},
	}
}

// texts returns the templates of an endpoint.
func (e *Endpoint) texts() []*string {
	all := []*string{&e.Body, &e.MQTT.Publish, &e.MQTT.ClientID, &e.MQTT.User, &e.MQTT.Password}
	for i := range e.MQTT.Subscribe {
		all = append(all, &e.MQTT.Subscribe[i])
	}
	return all
}

// Topics returns the templates of the topic and of the topic filters of an endpoint.
func (s *Scenario) Topics(e *Endpoint) (publish string, subscribe []string) {
	publish, subscribe = cmp.Or(e.MQTT.Publish, pathTopic(e.URL)), e.MQTT.Subscribe
	unanswered := s.Pattern == string(proto.Echo) && s.Custom.Match.By == "none"
	if len(subscribe) == 0 && publish != "" && !unanswered {
		subscribe = []string{publish}
	}
	return publish, subscribe
}

// pathTopic returns the path of a URL as a template, without the first slash.
func pathTopic(text string) string {
	a, _ := cutURL(text)
	topic, err := url.PathUnescape(strings.TrimPrefix(a.path, "/"))
	if err != nil {
		return "" // reported with the URL
	}
	return strings.ReplaceAll(topic, templateOpening, `{{"{{"}}`)
}

// checkTopics reports topics that are missing or invalid, and texts that are not constant on a stream.
func (s *Scenario) checkTopics(r *spec.Reader) {
	e, at := s.Custom.Endpoints["mqtt"], "target.mqtt"
	if e == nil || s.Pattern == "" || r.Bad(at) || r.Bad(at+".url") {
		return
	}
	publish, subscribe := s.Topics(e)
	receives := s.paced() || s.From != ""
	switch {
	case !receives && publish == "" && !r.Has(at+".publish"):
		r.At(at, ": missing publish; expected the topic of messages, such as `publish: rooms/1`, or the path of the URL")
	case receives && len(subscribe) == 0 && !r.Has(at+".subscribe"):
		r.At(at, ": missing subscribe; expected topic filters, such as `subscribe: rooms/+`, or the path of the URL")
	}
	if fault := topicFault(publish, false); fault != "" && publish != "" {
		r.At(keyOr(r, at+".publish", at), ": %s", fault)
	}
	if t := s.Custom; publish == "" && receives && (stepsDo(t.Opening, "authenticate", "subscribe", "send") || stepsDo(t.Closing, "authenticate", "subscribe", "send")) {
		r.At("steps", ": sending over mqtt without publish; expected `publish: TOPIC` under target.mqtt")
	}
	for _, filter := range e.MQTT.Subscribe {
		if fault := topicFault(filter, true); fault != "" {
			r.At(at+".subscribe", ": %s", fault)
		}
	}
	m := e.MQTT
	if m.Password != "" && r.Has("target.bearer") {
		r.At(at+".password", " with bearer; expected one of them")
	}
	for key, texts := range map[string][]string{"publish": {m.Publish}, "subscribe": m.Subscribe, "client_id": {m.ClientID}, "user": {m.User}, "password": {m.Password}} {
		for _, text := range texts {
			s.checkConstant(r, at+"."+key, text)
		}
	}
	if several := cmp.Or(s.Streams, 1) * s.Connections; m.ClientID != "" && !hasAction(m.ClientID) && several > 1 {
		r.At(at+".client_id", ": the same for %d connections, and a broker closes one for the next; expected one for each, such as 'device-{{.Stream}}'", several)
	}
}

// keyOr returns a key if it is in the file, else another.
func keyOr(r *spec.Reader, key, other string) string {
	if r.Has(key) {
		return key
	}
	return other
}

// checkConstant reports a template whose value is not constant on a stream from its opening on.
func (s *Scenario) checkConstant(r *spec.Reader, at, text string) {
	if p := varying(text); p.Action != nil {
		r.At(at, ": {{%s}}, which differs by message; expected {{.Stream}}, {{.Room}} or {{.Row.NAME}}, because a stream has one for all", p.Action.Name())
		return
	}
	checkCaptured(r, at, text, nil, nil)
}

// maxTopic is the longest topic of MQTT, in bytes.
const maxTopic = 65535

// topicFault returns the error in a topic, or in a topic filter, which may have wildcards (MQTT 5, section 4.7); empty
// if there is none. It leaves the values of actions to the broker.
func topicFault(text string, filter bool) string {
	parts, _ := template.Parse(text)
	var b strings.Builder
	for _, p := range parts {
		if p.Action != nil {
			b.WriteByte('x')
			continue
		}
		b.WriteString(p.Literal)
	}
	topic := b.String()
	levels := strings.Split(topic, "/")
	if filter && levels[0] == "$share" && len(levels) > 2 {
		levels = levels[2:]
	}
	multi := slices.Index(levels, "#")
	wild := func(level string) bool { return strings.ContainsAny(level, "+#") }
	switch {
	case topic == "":
		return "empty; expected a topic such as rooms/1"
	case len(topic) > maxTopic, strings.ContainsRune(topic, 0):
		return "more than 65535 bytes, or a zero in it; expected a topic such as rooms/1"
	case !filter && slices.ContainsFunc(levels, wild):
		return "found a wildcard (+ or #) in the topic of messages; expected it in subscribe only"
	case multi >= 0 && multi < len(levels)-1:
		return "found # before the end; expected it as the last level, such as rooms/#"
	case slices.ContainsFunc(levels, func(level string) bool { return len(level) > 1 && wild(level) }):
		return "found a wildcard beside other text; expected it as a level of its own, such as rooms/+/news"
	}
	return ""
}
