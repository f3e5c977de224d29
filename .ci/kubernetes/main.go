// Command kubernetes checks the manifest of a Job from standard input as the API server does before it looks at
// its meaning: against the OpenAPI schema of batch/v1, and strictly against its Go type, which finds unknown
// fields.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/santhosh-tekuri/jsonschema/v6"
	batch "k8s.io/api/batch/v1"
	"k8s.io/client-go/openapi/openapitest"
	"sigs.k8s.io/yaml"
)

const job = "schema.json#/components/schemas/io.k8s.api.batch.v1.Job"

// schema returns the schema of a Job, of the version of client-go.
func schema() (*jsonschema.Schema, error) {
	paths, err := openapitest.NewEmbeddedFileClient().Paths()
	if err != nil {
		return nil, err
	}
	text, err := paths["apis/batch/v1"].Schema("application/json")
	if err != nil {
		return nil, err
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("schema.json", doc); err != nil {
		return nil, err
	}
	return c.Compile(job)
}

func check(manifest []byte) error {
	s, err := schema()
	if err != nil {
		return fmt.Errorf("the schema of Kubernetes: %w", err)
	}
	text, err := yaml.YAMLToJSONStrict(manifest)
	if err != nil {
		return err
	}
	object, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return err
	}
	return errors.Join(s.Validate(object), yaml.UnmarshalStrict(manifest, new(batch.Job)))
}

func main() {
	manifest, err := io.ReadAll(os.Stdin)
	if err == nil {
		err = check(manifest)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
