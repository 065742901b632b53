"""S3 and SQS on this machine: a moto server in a process of its own, with the stack's bucket and queues."""

from local.aws.process import Aws, AwsError

__all__ = ["Aws", "AwsError"]
