package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"time"

	"github.com/hetznercloud/hcloud-go/v2/hcloud"
)

// What Hetzner's cloud controller manager asks for a Service of type LoadBalancer, call by call, with the
// library that it is made of: looked for by label and by name, made, brought into the network, given services
// and targets; a changed port, a node that goes, the end.
func hetzner(ctx context.Context, say func(string, ...any)) error {
	client := hcloud.NewClient(
		hcloud.WithEndpoint(os.Getenv("HCLOUD_ENDPOINT")),
		hcloud.WithToken(os.Getenv("HCLOUD_TOKEN")),
		hcloud.WithPollOpts(hcloud.PollOpts{BackoffFunc: hcloud.ConstantBackoff(10 * time.Millisecond)}),
	)
	network, servers, err := nodes(ctx, client)
	if err != nil {
		return fmt.Errorf("nodes: %w", err)
	}
	for _, each := range servers {
		say("server %s %s %s", each.Name, each.Status, each.PrivateNet[0].IP)
	}
	balancer, err := ensured(ctx, client, network)
	if err != nil {
		return fmt.Errorf("balancer: %w", err)
	}
	say("balancer %s %s %s", balancer.Name, balancer.LoadBalancerType.Name, balancer.PrivateNet[0].IP)
	if err := forwarding(ctx, client, balancer, servers); err != nil {
		return fmt.Errorf("forwarding: %w", err)
	}
	balancer, _, err = client.LoadBalancer.GetByID(ctx, balancer.ID)
	if err != nil {
		return err
	}
	for _, each := range balancer.Services {
		say("service %d -> %d every %s", each.ListenPort, each.DestinationPort, each.HealthCheck.Interval)
	}
	for _, each := range balancer.Targets {
		say("target %d private=%t health=%s", each.Server.Server.ID, each.UsePrivateIP, each.HealthStatus[0].Status)
	}
	_, _, err = client.LoadBalancer.Create(ctx, wanted())
	say("twice: %t", hcloud.IsError(err, hcloud.ErrorCodeUniquenessError))
	return gone(ctx, client, network, balancer, servers, say)
}

func wanted() hcloud.LoadBalancerCreateOpts {
	return hcloud.LoadBalancerCreateOpts{
		Name:             "web",
		LoadBalancerType: &hcloud.LoadBalancerType{Name: "lb11"},
		Location:         &hcloud.Location{Name: "fsn1"},
		Labels:           map[string]string{"hcloud-ccm/service-uid": "1"},
	}
}

func nodes(ctx context.Context, client *hcloud.Client) (*hcloud.Network, []*hcloud.Server, error) {
	_, all, _ := net.ParseCIDR("10.0.0.0/16")
	_, part, _ := net.ParseCIDR("10.0.1.0/24")
	network, _, err := client.Network.Create(ctx, hcloud.NetworkCreateOpts{
		Name:    "private",
		IPRange: all,
		Subnets: []hcloud.NetworkSubnet{{Type: hcloud.NetworkSubnetTypeCloud, IPRange: part, NetworkZone: "eu-central"}},
	})
	if err != nil {
		return nil, nil, err
	}
	for _, name := range []string{"node-1", "node-2"} {
		made, _, err := client.Server.Create(ctx, hcloud.ServerCreateOpts{
			Name:       name,
			ServerType: &hcloud.ServerType{Name: "cx22"},
			Image:      &hcloud.Image{Name: "debian-12"},
			Location:   &hcloud.Location{Name: "fsn1"},
			Networks:   []*hcloud.Network{network},
		})
		if err != nil {
			return nil, nil, err
		}
		if err := client.Action.WaitFor(ctx, append(made.NextActions, made.Action)...); err != nil {
			return nil, nil, err
		}
	}
	servers, err := client.Server.AllWithOpts(ctx, hcloud.ServerListOpts{Sort: []string{"name:asc"}})
	return network, servers, err
}

func ensured(ctx context.Context, client *hcloud.Client, network *hcloud.Network) (*hcloud.LoadBalancer, error) {
	labelled := hcloud.LoadBalancerListOpts{ListOpts: hcloud.ListOpts{LabelSelector: "hcloud-ccm/service-uid=1"}}
	found, err := client.LoadBalancer.AllWithOpts(ctx, labelled)
	if err != nil || len(found) != 0 {
		return nil, fmt.Errorf("expected none, found %d: %w", len(found), err)
	}
	named, _, err := client.LoadBalancer.GetByName(ctx, "web")
	if err != nil || named != nil {
		return nil, fmt.Errorf("expected none of that name: %w", err)
	}
	made, _, err := client.LoadBalancer.Create(ctx, wanted())
	if err != nil {
		return nil, err
	}
	if err := client.Action.WaitFor(ctx, made.Action); err != nil {
		return nil, err
	}
	action, _, err := client.LoadBalancer.AttachToNetwork(
		ctx, made.LoadBalancer, hcloud.LoadBalancerAttachToNetworkOpts{Network: network},
	)
	if err != nil {
		return nil, err
	}
	if err := client.Action.WaitFor(ctx, action); err != nil {
		return nil, err
	}
	found, err = client.LoadBalancer.AllWithOpts(ctx, labelled)
	if err != nil || len(found) != 1 {
		return nil, fmt.Errorf("expected one, found %d: %w", len(found), err)
	}
	return found[0], nil
}

func forwarding(ctx context.Context, client *hcloud.Client, balancer *hcloud.LoadBalancer, servers []*hcloud.Server) error {
	port := func(number int) *hcloud.LoadBalancerAddServiceOptsHealthCheck {
		return &hcloud.LoadBalancerAddServiceOptsHealthCheck{
			Protocol: hcloud.LoadBalancerServiceProtocolTCP,
			Port:     &number,
			Interval: hcloud.Ptr(7 * time.Second),
			Timeout:  hcloud.Ptr(5 * time.Second),
			Retries:  hcloud.Ptr(2),
		}
	}
	for listen, destination := range map[int]int{80: 30080, 443: 30443} {
		action, _, err := client.LoadBalancer.AddService(ctx, balancer, hcloud.LoadBalancerAddServiceOpts{
			Protocol:        hcloud.LoadBalancerServiceProtocolTCP,
			ListenPort:      &listen,
			DestinationPort: &destination,
			Proxyprotocol:   hcloud.Ptr(false),
			HealthCheck:     port(destination),
		})
		if err != nil {
			return err
		}
		if err := client.Action.WaitFor(ctx, action); err != nil {
			return err
		}
	}
	for _, server := range servers {
		action, _, err := client.LoadBalancer.AddServerTarget(ctx, balancer, hcloud.LoadBalancerAddServerTargetOpts{
			Server: server, UsePrivateIP: hcloud.Ptr(true),
		})
		if err != nil {
			return err
		}
		if err := client.Action.WaitFor(ctx, action); err != nil {
			return err
		}
	}
	action, _, err := client.LoadBalancer.UpdateService(ctx, balancer, 80, hcloud.LoadBalancerUpdateServiceOpts{
		DestinationPort: hcloud.Ptr(30081),
	})
	if err != nil {
		return err
	}
	if err := client.Action.WaitFor(ctx, action); err != nil {
		return err
	}
	action, _, err = client.LoadBalancer.DeleteService(ctx, balancer, 443)
	if err != nil {
		return err
	}
	return client.Action.WaitFor(ctx, action)
}

func gone(
	ctx context.Context, client *hcloud.Client, network *hcloud.Network, balancer *hcloud.LoadBalancer,
	servers []*hcloud.Server, say func(string, ...any),
) error {
	action, _, err := client.LoadBalancer.RemoveServerTarget(ctx, balancer, servers[0])
	if err != nil {
		return err
	}
	if err := client.Action.WaitFor(ctx, action); err != nil {
		return err
	}
	if _, err := client.LoadBalancer.Delete(ctx, balancer); err != nil {
		return err
	}
	_, err = client.LoadBalancer.Delete(ctx, balancer)
	say("deleted twice: %t", hcloud.IsError(err, hcloud.ErrorCodeNotFound))
	for _, server := range servers {
		deleted, _, err := client.Server.DeleteWithResult(ctx, server)
		if err != nil {
			return err
		}
		if err := client.Action.WaitFor(ctx, deleted.Action); err != nil {
			return err
		}
	}
	_, err = client.Network.Delete(ctx, network)
	return err
}
