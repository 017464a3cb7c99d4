"""What happens in clouds and services: native records, and Elastic's ECS of them."""

from tests.match.activity import SENT, Activity, ecs, in_syslog, native

POLICY = "Delete conditional access policy"
CLUSTER = "MICROSOFT.KUBERNETES/CONNECTEDCLUSTERS/EVENTS.K8S.IO/EVENTS/DELETE"
S3 = {"eventSource": "s3.amazonaws.com", "eventName": "PutBucketVersioning"}
S3_ASKED = {"bucketName": "b", "VersioningConfiguration": {"Status": "Suspended"}}
CLOUD = [
    Activity(
        "CloudTrail: versioning suspended (an object asked as a whole)",
        ("AWS S3 Bucket Versioning Disable",),
        {
            "native": native(eventVersion="1.08", awsRegion="us-east-1", eventTime=SENT, **S3,
                             requestParameters=S3_ASKED, sourceIPAddress="198.51.100.9"),
            "in syslog": in_syslog(native(eventVersion="1.08", awsRegion="us-east-1", **S3,
                                          requestParameters=S3_ASKED)),
            "Filebeat": ecs(
                "aws.cloudtrail", event={"provider": S3["eventSource"], "action": S3["eventName"]},
                aws={"cloudtrail": {
                    "request_parameters": "{bucketName=b, Versioning={Status=Suspended}}"
                }},
            ),
        },
    ),
    Activity(
        "CloudTrail: start script changed (a member of an object)",
        ("AWS EC2 Startup Shell Script Change",),
        {
            "native": native(
                eventVersion="1.08", awsRegion="us-east-1", eventTime=SENT,
                eventSource="ec2.amazonaws.com", eventName="ModifyInstanceAttribute",
                requestParameters={"attribute": "userData", "instanceId": "i-1"},
            ),
            "Filebeat": ecs(
                "aws.cloudtrail",
                event={"provider": "ec2.amazonaws.com", "action": "ModifyInstanceAttribute"},
                aws={
                    "cloudtrail": {"flattened": {"request_parameters": {"attribute": "userData"}}}
                },
            ),
        },
    ),
    Activity(
        "Azure: events of a cluster deleted",
        ("Azure Kubernetes Events Deleted",),
        {
            "event hub": native(
                time=SENT, resourceId="/SUBSCRIPTIONS/1/X", category="Administrative",
                operationName=CLUSTER,
            ),
            "Log Analytics": native(
                TimeGenerated=SENT, Type="AzureActivity", CategoryValue="Administrative",
                OperationNameValue=CLUSTER.title(),
            ),
            "Filebeat": ecs(
                "azure.activitylogs",
                event={"action": CLUSTER},
                azure={"activitylogs": {"operation_name": CLUSTER}},
            ),
        },
    ),
    Activity(
        "Entra ID: a policy deleted",
        ("CA Policy Removed by Non Approved Actor",),
        {
            "event hub": native(
                time=SENT, category="AuditLogs", operationName=POLICY,
                properties={"activityDisplayName": POLICY},
            ),
            "Log Analytics": native(
                TimeGenerated=SENT, Type="AuditLogs", OperationName=POLICY,
                Category="Policy", LoggedByService="Conditional Access",
            ),
            "Graph": native(
                activityDateTime=SENT, loggedByService="Conditional Access", category="Policy",
                activityDisplayName=POLICY,
            ),
            "Filebeat": ecs(
                "azure.auditlogs",
                azure={"auditlogs": {"operation_name": POLICY}},
            ),
        },
    ),
    Activity(
        "Entra ID: an account locked",
        ("Account Lockout",),
        {
            "event hub": native(time=SENT, category="SignInLogs", resultType="50053",
                                operationName="Sign-in activity"),
            "Log Analytics": native(TimeGenerated=SENT, Type="SigninLogs", ResultType="50053"),
            "Graph": native(
                createdDateTime=SENT, appDisplayName="x", userPrincipalName="u@x",
                conditionalAccessStatus="notApplied", status={"errorCode": 50053},
            ),
            "Filebeat": ecs("azure.signinlogs", "authentication/info",
                            azure={"signinlogs": {"result_type": "50053"}}),
        },
    ),
    Activity(
        "Entra ID: impossible travel",
        ("Impossible Travel",),
        {
            "event hub": native(time=SENT, category="UserRiskEvents",
                                properties={"riskEventType": "impossibleTravel"}),
            "Log Analytics": native(TimeGenerated=SENT, Type="AADUserRiskEvents",
                                    RiskEventType="impossibleTravel"),
            "Graph": native(riskEventType="impossibleTravel", detectedDateTime=SENT, id="1"),
        },
    ),
    Activity(
        "Google Cloud: a bucket deleted",
        ("Google Cloud Storage Buckets Modified or Deleted",),
        {
            "LogEntry": native(
                timestamp=SENT, logName="projects/p/logs/cloudaudit.googleapis.com%2Factivity",
                protoPayload={"@type": "type.googleapis.com/google.cloud.audit.AuditLog",
                              "methodName": "storage.buckets.delete",
                              "serviceName": "storage.googleapis.com"},
            ),
            "Pub/Sub": native(data={
                "timestamp": SENT,
                "protoPayload": {"@type": "type.googleapis.com/google.cloud.audit.AuditLog",
                                 "methodName": "storage.buckets.delete",
                                 "serviceName": "storage.googleapis.com"}}),
            "Filebeat": ecs("gcp.audit", event={"action": "storage.buckets.delete"},
                            service={"name": "storage.googleapis.com"}),
        },
    ),
    Activity(
        "Google Workspace: a role deleted",
        ("Google Workspace Role Modified or Deleted",),
        {
            "LogEntry": native(
                timestamp=SENT,
                protoPayload={"@type": "type.googleapis.com/google.cloud.audit.AuditLog",
                              "serviceName": "admin.googleapis.com",
                              "methodName": "google.admin.AdminService.deleteRole",
                              "metadata": {"event": [{"eventName": "DELETE_ROLE"}]}},
            ),
            "Reports API": native(
                kind="admin#reports#activity", events=[{"type": "x", "name": "DELETE_ROLE"}],
                id={"applicationName": "admin", "time": SENT},
            ),
        },
    ),
    Activity(
        "Microsoft 365: MFA disabled",
        ("Disabling Multi Factor Authentication",),
        {
            "native": native(CreationTime="2026-03-02T10:00:00", Workload="AzureActiveDirectory",
                             Operation="Disable Strong Authentication.", RecordType=8),
            "Filebeat": ecs("o365.audit", event={"action": "Disable Strong Authentication."},
                            o365={"audit": {"Operation": "Disable Strong Authentication."}}),
        },
    ),
    Activity(
        "Microsoft 365: an alert on a risky address",
        ("Activity from Anonymous IP Addresses",),
        {
            "native": native(
                CreationTime="2026-03-02T10:00:00", Workload="SecurityComplianceCenter",
                Operation="AlertTriggered", ResultStatus="Succeeded",
                Name="Activity from anonymous IP addresses",
            ),
            "Filebeat": ecs(
                "o365.audit",
                event={"action": "AlertTriggered", "provider": "SecurityComplianceCenter",
                       "outcome": "success"},
                o365={"audit": {"Name": "Activity from anonymous IP addresses"}},
            ),
        },
    ),
    Activity(
        "Exchange: a domain federated",
        ("New Federated Domain Added", "New Federated Domain Added - Exchange"),
        {
            "native": native(CreationTime="2026-03-02T10:00:00", Workload="Exchange",
                             Operation="Add-FederatedDomain", ResultStatus="Succeeded"),
            "Filebeat": ecs("o365.audit", event={"action": "Add-FederatedDomain",
                                                 "provider": "Exchange", "outcome": "success"}),
        },
    ),
    Activity(
        "Okta: the console reached with odd behaviour (lists of objects)",
        ("Okta New Admin Console Behaviours",),
        {
            "native": native(
                uuid="1", published=SENT, eventType="policy.evaluate_sign_on",
                displayMessage="Evaluation of sign-on policy", severity="INFO",
                target=[{"type": "AppInstance", "displayName": "Okta Admin Console"}],
                debugContext={"debugData": {"behaviors": "{New Geo-Location=POSITIVE}"}},
            ),
            "Filebeat": ecs(
                "okta.system", event={"action": "policy.evaluate_sign_on"},
                okta={"event_type": "policy.evaluate_sign_on",
                      "target": [{"display_name": "Okta Admin Console"}],
                      "debug_context": {"debug_data": {"flattened": {
                          "behaviors": "{New Geo-Location=POSITIVE}"}}}},
            ),
        },
    ),
    Activity(
        "GitHub: secret scanning off",
        ("Github Secret Scanning Feature Disabled",),
        {
            "native": native(**{"@timestamp": 1772445600000}, _document_id="1", actor="a", org="o",
                             action="secret_scanning.disable"),
            "Elastic": ecs("github.audit", event={"action": "secret_scanning.disable"}),
        },
    ),
    Activity(
        "Bitbucket: an unauthorised access",
        ("Bitbucket Unauthorized Access To A Resource",),
        {
            "native": native(
                auditType={"category": "Security", "action": "Unauthorized access to a resource"},
                timestamp={"epochSecond": 1772445600, "nano": 0}, author={"name": "a"},
            ),
            "Elastic": ecs(
                "atlassian_bitbucket.audit",
                bitbucket={"audit": {"type": {"category": "Security",
                                              "action": "Unauthorized access to a resource"}}},
            ),
        },
    ),
    Activity(
        "OneLogin: a user assumed",
        ("OneLogin User Assumed Another User",),
        {
            "native": native(event_type_id=3, account_id=1, event_timestamp=SENT),
            "Elastic": ecs("onelogin.event", event_type_id=3),
        },
    ),
    Activity(
        "Duo: passed by a code",
        ("Cisco Duo Successful MFA Authentication Via Bypass Code",),
        {
            "native": native(txid="1", event_type="authentication", reason="bypass_user",
                             isotimestamp=SENT),
            "Elastic": ecs("cisco_duo.auth", event={"reason": "bypass_user"},
                           cisco_duo={"auth": {"event_type": "authentication",
                                               "reason": "bypass_user"}}),
        },
    ),
    Activity(
        "Kubernetes: a folder of the host mounted (an object in a list)",
        ("Container With A hostPath Mount Created",),
        {
            "native": native(
                kind="Event", apiVersion="audit.k8s.io/v1", auditID="a", stage="ResponseComplete",
                verb="create", objectRef={"resource": "pods"}, requestReceivedTimestamp=SENT,
                requestObject={"spec": {"volumes": [{"name": "v", "hostPath": {"path": "/"}}]}},
            ),
            "Elastic": ecs(
                "kubernetes.audit_logs",
                kubernetes={"audit": {
                    "kind": "Event", "verb": "create", "objectRef": {"resource": "pods"},
                    "requestObject": {"spec": {"volumes": [{"hostPath": {"path": "/"}}]}}}},
            ),
        },
    ),
]  # fmt: skip
