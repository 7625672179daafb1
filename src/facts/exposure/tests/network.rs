//! Flow logs.

use serde_json::{Value, json};

use super::*;

fn logged(logs: &[Value]) -> Answers {
    let mut account = exposed();
    account["log-group"] = json!([resource("log-group", "g", json!({}))]);
    account["flow-log"] = logs.iter().enumerate().map(|(n, log)| resource("flow-log", &format!("fl-{n}"), log.clone())).collect();
    Answers::new(&account, Kind::Vpc)
}

fn log(of: &str, traffic: &str, status: &str, delivery: Value) -> Value {
    json!({ "resource_id": of, "traffic_type": traffic, "status": status, "delivery_status": delivery, "log_group": "g", "bucket": null })
}

#[test]
fn a_flow_log_must_be_whole_active_and_delivered() {
    let cases = [
        (vec![log("vpc-1", "ALL", "ACTIVE", json!("SUCCESS"))], true, true, "fl-0 records all traffic"),
        (vec![log("vpc-1", "ALL", "ACTIVE", json!(null))], true, true, "fl-0 records all traffic"),
        (vec![log("vpc-1", "ALL", "ACTIVE", json!("FAILED"))], true, false, "fl-0 records all traffic, but its delivery fails"),
        (vec![log("vpc-1", "REJECT", "ACTIVE", json!("SUCCESS"))], false, false, "fl-0 records REJECT and is ACTIVE"),
        (vec![], false, false, "no flow log of the whole VPC"),
        (
            vec![log("subnet-1", "ALL", "ACTIVE", json!("SUCCESS"))],
            true,
            true,
            "no flow log of the whole VPC; flow logs of every subnet record all traffic",
        ),
        (
            vec![log("subnet-1", "ALL", "ACTIVE", json!("FAILED"))],
            true,
            false,
            "no flow log of the whole VPC; flow logs of every subnet record all traffic; not each of them is known to deliver",
        ),
        (vec![log("subnet-1", "ACCEPT", "ACTIVE", json!("SUCCESS"))], false, false, "no flow log of the whole VPC"),
        (vec![log("eni-1", "ALL", "ACTIVE", json!("SUCCESS"))], false, false, "no flow log of the whole VPC"),
    ];
    for (logs, flow_logged, delivering, why) in cases {
        let vpc = logged(&logs);
        assert_eq!((vpc.get("flow_logged"), vpc.get("flow_log_delivering"), vpc.get("why")), (json!(flow_logged), json!(delivering), json!(why)));
    }
}

#[test]
fn a_flow_log_whose_group_is_not_there_has_nothing_to_show() {
    let mut elsewhere = log("vpc-1", "ALL", "ACTIVE", json!("SUCCESS"));
    elsewhere["log_group"] = json!("gone");
    assert_eq!(logged(std::slice::from_ref(&elsewhere)).get("flow_log_delivering"), Value::Null);
    elsewhere["log_group"] = Value::Null;
    assert_eq!(logged(&[elsewhere]).get("flow_log_delivering"), json!(true));
}

#[test]
fn one_subnet_without_a_flow_log_is_one_too_many() {
    let with = |logs: &[Value], gaps: Value| {
        let mut account = exposed();
        let mut second = account["subnet"][0].clone();
        second["id"]["name"] = json!("subnet-2");
        second["id"]["arn"] = json!("arn:aws:ec2:eu-west-1:111122223333:subnet/subnet-2");
        account["subnet"].as_array_mut().unwrap().push(second);
        account["log-group"] = json!([resource("log-group", "g", json!({}))]);
        account["flow-log"] = logs.iter().enumerate().map(|(n, log)| resource("flow-log", &format!("fl-{n}"), log.clone())).collect();
        let vpc = Answers::among(derived(&snapshot(&account, &gaps), &Config::default()), Kind::Vpc);
        (vpc.get("flow_logged"), vpc.get("why"))
    };
    let of = |subnet: &str| log(subnet, "ALL", "ACTIVE", json!("SUCCESS"));
    let told = |why: &str| json!(format!("no flow log of the whole VPC; {why}"));
    assert_eq!(with(&[of("subnet-1")], json!([])), (json!(false), told("of its subnets, none records all traffic of subnet-2")));
    assert_eq!(with(&[of("subnet-1"), of("subnet-2")], json!([])), (json!(true), told("flow logs of every subnet record all traffic")));
    let gaps = json!([{ "account": "111122223333", "region": REGION, "service": "ec2", "operation": "DescribeSubnets", "code": "UnauthorizedOperation", "message": "" }]);
    assert_eq!(with(&[of("subnet-1"), of("subnet-2")], gaps).0, Value::Null, "there may be a third");
}

#[test]
fn the_flow_logs_of_a_shared_vpc_are_its_owners_to_see() {
    let mut account = exposed();
    *at(&mut account, "subnet", "owner") = json!("999988887777");
    let vpc = Answers::new(&account, Kind::Vpc);
    assert_eq!((vpc.get("flow_logged"), vpc.get("flow_log_delivering")), (Value::Null, Value::Null));
}

#[test]
fn a_denied_list_is_no_proof_of_absence() {
    let gaps = json!([{ "account": "111122223333", "region": REGION, "service": "ec2", "operation": "DescribeFlowLogs", "code": "UnauthorizedOperation", "message": "" }]);
    let subjects = derived(&snapshot(&exposed(), &gaps), &Config::default());
    assert_eq!(Answers::among(subjects, Kind::Vpc).get("flow_logged"), Value::Null);
}
