//go:build !nofleet

package cli

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"rtbench/internal/lazyregexp"
)

// job is an Indexed Job of agents: its parameters are the number of agents (twice), the image, the URL of NATS
// and the name of the secret.
const job = `apiVersion: batch/v1
kind: Job
metadata:
  name: rtbench-agents
  labels: {app: rtbench-agent}
spec:
  completionMode: Indexed
  completions: %d
  parallelism: %d
  backoffLimit: 0
  template:
    metadata:
      labels: {app: rtbench-agent}
    spec:
      restartPolicy: Never
      topologySpreadConstraints:
        - maxSkew: 1
          topologyKey: kubernetes.io/hostname
          whenUnsatisfiable: ScheduleAnyway
          labelSelector: {matchLabels: {app: rtbench-agent}}
      containers:
        - name: agent
          image: %q
          args: [agent, --join, %q, --name, agent-$(JOB_COMPLETION_INDEX)]
          env:
            - name: RTBENCH_FLEET_TOKEN
              valueFrom: {secretKeyRef: {name: %q, key: token}}
`

var (
	imageName  = lazyregexp.New(`^[a-zA-Z0-9][a-zA-Z0-9._/:@-]*$`)
	secretName = lazyregexp.New(`^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$`)
	busURL     = lazyregexp.New(`^(nats|tls)://[^\s"\\$]+$`)
)

func fleetK8sCommand() *cobra.Command {
	var join, image string
	secret, n := "rtbench-fleet", 3
	c := &cobra.Command{
		Use:   "k8s --join URL --image IMAGE",
		Short: "Print an Indexed Job of agents for kubectl",
		Long: `Prints a Kubernetes Indexed Job of agents. The image's entry point is rtbench. The token is key token of
a secret:

  kubectl create secret generic rtbench-fleet --from-file=token
  rtbench fleet k8s -n 3 --join nats://rtbench:4222 --image IMAGE | kubectl apply -f -`,
		Args: exactArgs(0, "no arguments"),
		RunE: func(*cobra.Command, []string) error {
			switch {
			case n < 1:
				return usageError("--number %d: expected at least 1", n)
			case !busURL.MatchString(join):
				return usageError("--join %q: expected the address of NATS, such as nats://rtbench:4222", join)
			case !imageName.MatchString(image):
				return usageError("--image %q: expected the name of an image whose entry point is rtbench", image)
			case !secretName.MatchString(secret):
				return usageError("--secret %q: expected the name of a Kubernetes secret", secret)
			}
			_, err := fmt.Fprintf(os.Stdout, job, n, n, image, join, secret)
			return err
		},
	}
	c.Flags().StringVar(&join, "join", "", "`URL` of the fleet's NATS server, as pods reach it")
	c.Flags().StringVar(&image, "image", "", "`IMAGE` whose entry point is rtbench")
	c.Flags().StringVar(&secret, "secret", secret, "`NAME` of the secret with the token")
	c.Flags().IntVarP(&n, "number", "n", n, "`NUMBER` of agents")
	return c
}
