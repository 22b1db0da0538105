package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

const soon = 30 * time.Second

// An NLB before two instances: pages, waiters and modelled errors of the library are what may go wrong.
func aws(ctx context.Context, say func(string, ...any)) error {
	loaded, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return err
	}
	who, err := sts.NewFromConfig(loaded).GetCallerIdentity(ctx, nil)
	if err != nil {
		return fmt.Errorf("identity: %w", err)
	}
	say("account %s", *who.Account)
	machines, balancers := ec2.NewFromConfig(loaded), elb.NewFromConfig(loaded)
	instances, err := running(ctx, machines)
	if err != nil {
		return fmt.Errorf("instances: %w", err)
	}
	say("instances %d", len(instances))
	subnets := strings.Split(os.Getenv("MOCKCLOUD_SUBNET_IDS"), ",")
	made, err := balancers.CreateLoadBalancer(ctx, &elb.CreateLoadBalancerInput{
		Name: sdk.String("web"), Type: elbtypes.LoadBalancerTypeEnumNetwork, Subnets: subnets,
	})
	if err != nil {
		return fmt.Errorf("balancer: %w", err)
	}
	balancer := made.LoadBalancers[0]
	named := &elb.DescribeLoadBalancersInput{Names: []string{"web"}}
	if err := elb.NewLoadBalancerAvailableWaiter(balancers).Wait(ctx, named, soon); err != nil {
		return err
	}
	say("balancer %s %s %d zones", balancer.Type, balancer.Scheme, len(balancer.AvailabilityZones))
	group, err := forwarded(ctx, balancers, balancer, instances)
	if err != nil {
		return fmt.Errorf("group: %w", err)
	}
	health, err := balancers.DescribeTargetHealth(ctx, &elb.DescribeTargetHealthInput{TargetGroupArn: group})
	if err != nil {
		return err
	}
	for _, each := range health.TargetHealthDescriptions {
		say("target %d %s %s", *each.Target.Port, each.TargetHealth.State, each.TargetHealth.Reason)
	}
	var missing *elbtypes.LoadBalancerNotFoundException
	_, err = balancers.DescribeLoadBalancers(ctx, &elb.DescribeLoadBalancersInput{Names: []string{"none"}})
	say("a modelled error: %t", errors.As(err, &missing))
	return removed(ctx, machines, balancers, balancer, group, instances)
}

// Seven instances, listed in two pages.
func running(ctx context.Context, client *ec2.Client) ([]string, error) {
	var wanted []string
	for range 7 {
		made, err := client.RunInstances(ctx, &ec2.RunInstancesInput{
			ImageId: sdk.String("ami-0123456789abcdef0"), InstanceType: ec2types.InstanceTypeT3Micro,
			MinCount: sdk.Int32(1), MaxCount: sdk.Int32(1),
		})
		if err != nil {
			return nil, err
		}
		wanted = append(wanted, *made.Instances[0].InstanceId)
	}
	asked := &ec2.DescribeInstancesInput{InstanceIds: wanted}
	if err := ec2.NewInstanceRunningWaiter(client).Wait(ctx, asked, soon); err != nil {
		return nil, err
	}
	var found []string
	pages := ec2.NewDescribeInstancesPaginator(client, &ec2.DescribeInstancesInput{MaxResults: sdk.Int32(5)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, reservation := range page.Reservations {
			for _, instance := range reservation.Instances {
				found = append(found, *instance.InstanceId)
			}
		}
	}
	return found, nil
}

func forwarded(ctx context.Context, client *elb.Client, balancer elbtypes.LoadBalancer, instances []string) (*string, error) {
	made, err := client.CreateTargetGroup(ctx, &elb.CreateTargetGroupInput{
		Name: sdk.String("nodes"), Protocol: elbtypes.ProtocolEnumTcp, Port: sdk.Int32(30080), VpcId: balancer.VpcId,
	})
	if err != nil {
		return nil, err
	}
	group := made.TargetGroups[0].TargetGroupArn
	var targets []elbtypes.TargetDescription
	for _, each := range instances[:2] {
		targets = append(targets, elbtypes.TargetDescription{Id: &each})
	}
	if _, err := client.RegisterTargets(ctx, &elb.RegisterTargetsInput{TargetGroupArn: group, Targets: targets}); err != nil {
		return nil, err
	}
	_, err = client.CreateListener(ctx, &elb.CreateListenerInput{
		LoadBalancerArn: balancer.LoadBalancerArn, Protocol: elbtypes.ProtocolEnumTcp, Port: sdk.Int32(80),
		DefaultActions: []elbtypes.Action{{Type: elbtypes.ActionTypeEnumForward, TargetGroupArn: group}},
	})
	return group, err
}

func removed(
	ctx context.Context, machines *ec2.Client, balancers *elb.Client, balancer elbtypes.LoadBalancer, group *string,
	instances []string,
) error {
	arn := balancer.LoadBalancerArn
	if _, err := balancers.DeleteLoadBalancer(ctx, &elb.DeleteLoadBalancerInput{LoadBalancerArn: arn}); err != nil {
		return err
	}
	named := &elb.DescribeLoadBalancersInput{LoadBalancerArns: []string{*arn}}
	if err := elb.NewLoadBalancersDeletedWaiter(balancers).Wait(ctx, named, soon); err != nil {
		return err
	}
	if _, err := balancers.DeleteTargetGroup(ctx, &elb.DeleteTargetGroupInput{TargetGroupArn: group}); err != nil {
		return err
	}
	if _, err := machines.TerminateInstances(ctx, &ec2.TerminateInstancesInput{InstanceIds: instances}); err != nil {
		return err
	}
	ended := &ec2.DescribeInstancesInput{InstanceIds: instances}
	return ec2.NewInstanceTerminatedWaiter(machines).Wait(ctx, ended, soon)
}
